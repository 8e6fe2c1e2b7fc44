#!/bin/sh
# demo.sh DIRECTORY [ENDPOINTS]: runs the programs demo and etcd-test in a directory, on the etcd at these endpoints, or
# without any on one inside their own processes. Needs no server, and leaves nothing behind in one.
set -eu
. "$(dirname "$0")/common.sh"
programs=$1
endpoints=${2:-mem:}

say "c-examples/demo.c, on $endpoints"
"$programs/demo" "$endpoints"

say "etcd-test, on $endpoints"
"$programs/etcd-test" -s "$endpoints" <<'end'
set demo/fruit/apple green
set demo/fruit/banana yellow -t 60
set demo/fruit/apple red -p green       # only if it is green
get demo/fruit/apple
ls demo/fruit
delete demo/fruit/apple
delete demo/fruit/banana
leader
end

[ $# -gt 1 ] || say "the same on a cluster: make demo ENDPOINTS=host:port"
