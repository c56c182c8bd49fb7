# The access decision. Sourced by run.sh.
# shellcheck shell=sh

bench_access() {
    "$bin/tests/bench/bench_access" >"$work/access.txt"
    value() { awk -v n="$1" '$1 == n { print $2 }' "$work/access.txt"; }
    at_most "access decision, warm (the same request)" "$(value access_warm)" "µs" 2
    echo "access decision, cold, of 10 members: $(value access_cold_few) µs"
    say "$(printf 'of 100,000 members: %s µs, × %.2f (goal < 3: one indexed query)' "$(value access_cold_many)" \
        "$(calc "$(value access_cold_many) / $(value access_cold_few)")")" \
        "$(verdict "$(value access_cold_many) / $(value access_cold_few) < 3")"
}
