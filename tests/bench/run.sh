#!/bin/sh
# The figures of docs/bench.md: the real program on a demo node, loaded over loopback, each figure
# beside what the machine itself can do, measured in the same run.
#
#     run.sh [start|access|pages|inbox|strangers|forged|fanout|audience|postgres|nodes|neighbours|fifty|creating|backup|books|hooks …]
#                                                all when none is named
#
# Run by `make bench` in a build without sanitizers; every load lasts a few seconds. ROUNDS (2) is
# how often page loads and fan-outs are repeated; the best of ours stands against the best of the
# limit, since what disturbs a round is never the thing that is measured.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

. "$here/access.sh"
. "$here/one_node.sh"
. "$here/federation.sh"
. "$here/loads.sh"
. "$here/postgres.sh"
. "$here/hosting.sh"
. "$here/backup.sh"
. "$here/books.sh"

awk 'BEGIN { for (i = 0; i < 20; i++) print "A paragraph of a letter about *tea*, of the kind that a planet sends: long enough to be read.\n" }' >"$work/text.md"
echo "A **teaser** of two lines that everybody may read, and that says what the letter is about." >"$work/teaser.md"
port=$("$bin/tests/bench/probe" port)
node=$work/node
make_node "$node"
for part in ${*:-start pages inbox strangers forged fanout audience postgres nodes neighbours fifty creating backup books hooks}; do
    "bench_$part"
done
echo "$below below their goal"
