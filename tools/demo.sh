#!/bin/sh
# Starts an etcd of its own on a free port and in a temporary directory, runs the given program with its endpoint as
# the last argument, and stops it. Exits as the program does.
set -eu
. "$(dirname "$0")/common.sh"

# The newest at hand will do; a machine without any gets Debian's, which is fetched in seconds.
find_etcd() {
    bin=
    for dir in /usr/bin $(ls -d "$servers"/* 2>/dev/null | sort -V); do
        [ -x "$dir/etcd" ] && [ -x "$dir/etcdctl" ] && bin=$dir
    done
    [ -n "$bin" ]
}
find_etcd || { "$(dirname "$0")/servers.sh" debian; find_etcd; } || die "no etcd found"

work=$(mktemp -d)
pid=
stop() {
    [ -z "$pid" ] || { kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

random_port() { echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)); }

# A port may be taken: then etcd ends, and another one is tried.
start() {
    port=$(random_port)
    peer=http://127.0.0.1:$(random_port)
    endpoint=http://127.0.0.1:$port
    rm -rf "$work/data"
    "$bin/etcd" --data-dir "$work/data" --logger zap --log-level error \
        --listen-client-urls "$endpoint" --advertise-client-urls "$endpoint" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
        >"$work/log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        ETCDCTL_API=3 "$bin/etcdctl" --endpoints "$endpoint" endpoint health >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}
start || start || start || { cat "$work/log" >&2; die "etcd does not start"; }
say "etcd $("$bin/etcd" --version | sed -n 's/^etcd Version: //p') listens at $endpoint"

status=0
"$@" "$endpoint" || status=$?
exit "$status"
