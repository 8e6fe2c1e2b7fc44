#!/bin/sh
# Feeds the readers of what servers send with inputs that libFuzzer invents, guided by the code that each reaches:
# fuzz.sh SECONDS [TARGET...]. Inputs that reach more go to target/fuzz/corpus; fuzz/corpus is what `cargo test` has.
# It needs nothing but stable Rust and a C++ compiler: what cargo-fuzz passes to the compiler besides a sanitizer.
set -eu
cd "$(dirname "$0")/../fuzz"
seconds=$1
shift
[ $# -gt 0 ] || set -- frames replies watches
cargo=${CARGO:-cargo}
target=$(cd .. && pwd)/target/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# With --target the flags are not for build scripts.
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Copt-level=2" \
    "$cargo" build --locked --target "$host" --target-dir "$target" --bins
for name in "$@"; do
    mkdir -p "$target/corpus/$name" "$target/found"
    echo "fuzz: $name for $seconds s"
    "$target/$host/debug/$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$target/found/$name-" -verbosity=0 -print_final_stats=1 \
        "$target/corpus/$name" "corpus/$name"
done
