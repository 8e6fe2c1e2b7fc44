#!/bin/sh
# abi.sh [REFERENCE]: compares the ABI of this tree with that of the last tag, or of another commit. What is added is
# fine; whatever a program that was built for the reference relies on must be as it was: functions, structures and
# numbers. Nothing is built: tests hold the library to include/ and tests/symbols.txt, which are all that is read.
set -eu
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

reference=${1:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || true)}
if [ -z "$reference" ]; then
    say "no version has been tagged yet: there is no ABI to compare with"
    exit 0
fi
have abidiff || die "abidiff is missing: run tools/deps.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A library with a pointer to each function: its debug information has the types as C programs see them.
types() {
    for header in "$work/$1"/include/*.h; do echo "#include <${header##*/}>"; done
    sed 's/.*/extern __typeof__(&) *const abi_&; __typeof__(&) *const abi_& = &;/' "$work/$1/tests/symbols.txt"
}
# The flags, statuses and other numbers, but for those that name the version.
numbers() { cat "$work/$1"/include/*.h | grep '^#define ETCD_[A-Z0-9_]* *[-(0-9]' | grep -v ETCD_VERSION_ | tr -s ' ' | sort; }

mkdir "$work/old" "$work/new"
git archive "$reference" include tests/symbols.txt | tar -x -C "$work/old"
cp -r include "$work/new/" && mkdir "$work/new/tests" && cp tests/symbols.txt "$work/new/tests/"
for tree in old new; do
    types $tree >"$work/$tree.c"
    "${CC:-cc}" -std=gnu11 -g -fno-eliminate-unused-debug-types -fPIC -shared -I"$work/$tree/include" -o "$work/$tree.so" \
        "$work/$tree.c"
    numbers $tree >"$work/$tree.numbers"
done

# Structures may grow at their end, for they carry their size or only the library makes them; these few are frozen.
frozen='etcd_(bytes|header|kv|watch_event|op_response)_t'
status=0
said=$(abidiff --no-added-syms --leaf-changes-only "$work/old.so" "$work/new.so") || status=$?
[ $((status & 3)) = 0 ] || die "abidiff failed: $said"
broken=$(echo "$said" | awk -v frozen="^'struct $frozen " '
    / summary: |^$|^ *[0-9]+ data member insertions?:$/ { next }
    /^.struct .* changed:$/ && $0 !~ frozen { next }
    /^  type size changed from/ { size = $5; next }
    match($0, /, at offset [0-9]+ /) && substr($0, RSTART + 12) + 0 >= size { next }
    { print }')
gone=$(comm -23 "$work/old.numbers" "$work/new.numbers")
[ -z "$broken$gone" ] || die "the ABI is not that of $reference any more:
$broken
$gone"
say "the ABI of $reference still holds"
