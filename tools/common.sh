# Sourced by the other scripts here: messages, root rights, apt.

# The folder of the test servers; tests/support/versions.rs looks in the same place.
cache_home=${XDG_CACHE_HOME:-$HOME/.cache}/libetcd
servers=${LIBETCD_SERVERS:-$cache_home/servers}

say() { echo "libetcd: $*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else die "needs root or sudo: $*"
    fi
}

apt_update() {
    say "refreshing the package lists (apt-get update)"
    as_root apt-get update -qq </dev/null >&2
}

# Says what it installs, then installs it. The lists may be missing (a fresh image) or too old for the mirror.
apt_install() {
    have apt-get || die "please install by hand (there is no apt-get): $*"
    say "installing with apt-get: $*"
    if apt_lists_know "$@" && apt_try "$@"; then return; fi
    apt_update
    apt_try "$@" || die "apt-get could not install: $*"
}

apt_lists_know() { apt-cache show "$@" >/dev/null 2>&1; }

apt_try() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}
