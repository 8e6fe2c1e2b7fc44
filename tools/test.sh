#!/bin/sh
# Runs all tests, as `cargo test` does, in less time. Most test programs wait more than they compute: those run two at a
# time. Programs that measure how soon something happens, or that need the processor for themselves, run alone, and so
# does every program that is not named here. The output of each comes when it ends.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
# In this order: the longest first.
side_by_side="classic keepalive security examples install command watch certificates kv abi_c support_test log
    python pages writes inside lease leaders names embedded txn pages_ahead progress abi checker watch_opening addresses"

# run OPTION...: `cargo test` with these options, which go to the file $failed if it fails.
run() {
    log=$(mktemp)
    "$cargo" test "$@" >"$log" 2>&1 || echo "$*" >>"$failed"
    flock "$failed" cat "$log"
    rm "$log"
}
if [ $# -gt 0 ]; then
    run "$@"
    exit
fi

"$cargo" test --no-run
failed=$(mktemp)
export failed
trap 'rm -f "$failed"' EXIT
trap 'exit 1' HUP INT TERM

run --lib
echo "$side_by_side" | xargs -n 1 -P 2 tools/test.sh --test
for file in tests/*.rs tests/*/main.rs; do
    name=${file#tests/}
    name=${name%/main.rs}
    name=${name%.rs}
    case " $(echo $side_by_side) " in *" $name "*) ;; *) run --test "$name" ;; esac
done
run --doc

[ ! -s "$failed" ] || { echo "failed:" && cat "$failed" && exit 1; }
