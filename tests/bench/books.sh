# The books of a planet, and the door of payments. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

figure() { # NAME: of what bench_books printed
    awk -v name="$1" '$1 == name { print $2 }' "$work/books"
}

bench_books() {
    "$bin/tests/bench/bench_books" books 1000000 >"$work/books"
    at_most "books of 1,000,000 entries: the first page" "$(figure books.first_page)" ms 50
    at_most "the same of one account" "$(figure books.first_page_of_an_account)" ms 50
    at_most "the same a year ago" "$(figure books.first_page_a_year_ago)" ms 50
    at_most "the sums of a year, month by month" "$(figure books.sums_of_a_year)" ms 50
    at_least "the chain verified" "$(figure books.verified)" " entries/s" 200000
    echo "posted: $(figure books.posted) transactions/s, in groups of 500"
}

bench_hooks() {
    "$bin/tests/bench/bench_books" hooks 5000 >"$work/books"
    ratio "5,000 deliveries of payments, a third repeats" "$(figure hooks.settled)" "$(figure hooks.limit)" 0.50
    echo "the processor's time: $(figure hooks.cpu) µs a delivery, $(figure hooks.limit_cpu) µs a transaction of the limit"
    echo "of transactions of a single row: $(figure hooks.limit_of_one_row)/s"
}
