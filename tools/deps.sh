#!/bin/sh
# Installs what the build and the tests call and this machine lacks; instant when nothing is missing.
set -eu
. "$(dirname "$0")/common.sh"

missing=
# need COMMAND PACKAGE
need() { have "$1" || missing="$missing $2"; }

need cc gcc
need c++ g++
need ld binutils
need pkg-config pkg-config
need cmake cmake
need python3 python3
need valgrind valgrind
# The second compiler, the documentation and the ABI that the tests look at.
need clang clang
need doxygen doxygen
need abidiff abigail-tools
# The C library's headers, and the certificates that cargo, go and pip trust.
[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
# For c-examples/libuv.c.
[ -e /usr/include/uv.h ] || missing="$missing libuv1-dev"

have cargo || die "Rust is missing (cargo): install it with rustup"
# shellcheck disable=SC2086 # a list of words
[ -z "$missing" ] || apt_install $missing
