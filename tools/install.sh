#!/bin/sh
# Called by `make install` and `make uninstall` with all names set by the Makefile:
# install.sh install|uninstall, in the environment
# OUT DESTDIR PREFIX LIBDIR INCLUDEDIR BINDIR MANDIR VERSION SOVERSION CC.
set -eu
. "$(dirname "$0")/common.sh"
root=$(dirname "$0")/..

# Absolute, and all but PREFIX may be given relative to it ("lib/x86_64-linux-gnu").
under() { case $2 in /*) echo "$2" ;; *) echo "$1/$2" ;; esac; }
prefix=$(realpath -ms "$PREFIX")
libdir=$(realpath -ms "$(under "$prefix" "$LIBDIR")")
includedir=$(realpath -ms "$(under "$prefix" "$INCLUDEDIR")")
bindir=$(realpath -ms "$(under "$prefix" "$BINDIR")")
man1=$(realpath -ms "$(under "$prefix" "$MANDIR")")/man1
pc=$libdir/pkgconfig
cmake=$libdir/cmake/libetcd
real=libetcd.so.$VERSION

# What is under the prefix is named relative to it, so that `pkg-config --define-prefix` can move it.
# shellcheck disable=SC2016 # the variable is pkg-config's
relative() { case $1/ in "$prefix"/*) printf '${prefix}%s' "${1#"$prefix"}" ;; *) echo "$1" ;; esac; }

# fill TEMPLATE TARGET
fill() {
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@LIBDIR@|$(relative "$libdir")|g" \
        -e "s|@INCLUDEDIR@|$(relative "$includedir")|g" -e "s|@VERSION@|$VERSION|g" -e "s|@SOVERSION@|$SOVERSION|g" \
        -e "s|@INCLUDE_FROM_LIBDIR@|$(realpath -ms --relative-to="$libdir" "$includedir")|g" \
        "$root/packaging/$1" >"$DESTDIR$2"
    chmod 644 "$DESTDIR$2"
}

# The command finds the library beside it, wherever both are moved to. In the loader's own directories it needs no
# help, and distributions do not want any; /usr/local/lib is not among them everywhere.
link_command() {
    rpath="-Wl,-rpath,\$ORIGIN/$(realpath -ms --relative-to="$bindir" "$libdir")"
    case $libdir in /lib | /lib64 | /usr/lib | /usr/lib64 | /lib/*-linux-gnu | /usr/lib/*-linux-gnu) rpath= ;; esac
    # shellcheck disable=SC2086 # CC may have options
    $CC -std=c99 -O2 -I"$root/include" -o "$DESTDIR$bindir/etcd-test" "$root/cmd/etcd-test.c" "$OUT/libetcd.so" \
        ${rpath:+"$rpath"}
    chmod 755 "$DESTDIR$bindir/etcd-test"
}

case $1 in
install)
    install -d "$DESTDIR$libdir" "$DESTDIR$includedir" "$DESTDIR$pc" "$DESTDIR$cmake" "$DESTDIR$bindir" "$DESTDIR$man1"
    install -m 755 "$OUT/libetcd.so" "$DESTDIR$libdir/$real"
    ln -sf "$real" "$DESTDIR$libdir/libetcd.so.$SOVERSION"
    ln -sf "libetcd.so.$SOVERSION" "$DESTDIR$libdir/libetcd.so"
    install -m 644 "$OUT/libetcd.a" "$DESTDIR$libdir/"
    install -m 644 "$root"/include/*.h "$DESTDIR$includedir/"
    fill libetcd.pc.in "$pc/libetcd.pc"
    fill libetcd-static.pc.in "$pc/libetcd-static.pc"
    fill libetcd-config.cmake.in "$cmake/libetcd-config.cmake"
    fill libetcd-config-version.cmake.in "$cmake/libetcd-config-version.cmake"
    link_command
    install -m 644 "$root/cmd/etcd-test.1" "$DESTDIR$man1/"
    say "installed into $DESTDIR$libdir, $DESTDIR$includedir, $DESTDIR$bindir and $DESTDIR$man1"
    ;;
uninstall)
    rm -f "$DESTDIR$libdir/$real" "$DESTDIR$libdir/libetcd.so.$SOVERSION" "$DESTDIR$libdir/libetcd.so" \
        "$DESTDIR$libdir/libetcd.a" "$DESTDIR$pc/libetcd.pc" "$DESTDIR$pc/libetcd-static.pc" \
        "$DESTDIR$bindir/etcd-test" "$DESTDIR$man1/etcd-test.1"
    for header in "$root"/include/*.h; do rm -f "$DESTDIR$includedir/$(basename "$header")"; done
    rm -rf "$DESTDIR$cmake"
    ;;
*) die "install or uninstall?" ;;
esac
# The loader's cache knows nothing of a staging directory.
if [ -z "$DESTDIR" ] && [ "$(id -u)" = 0 ]; then ldconfig; fi
