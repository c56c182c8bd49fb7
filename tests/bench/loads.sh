# The loads of one node, to be compared between two ways of serving it. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

letters() { # 14 for members, and somebody who may read them; $work/jar is that one's
    for i in $(seq 14); do
        "$orrery" post create "$node" --title "Letter $i" --access members --tag letters \
            --body-file "$work/text.md" --teaser-file "$work/teaser.md" >/dev/null
    done
    rm -f "$work/jar" "$work/owner"
    sign_in "$work/jar" "$("$orrery" account create "$node" --mail "second@localhost.example" \
        --name Second | grep -o 'http.*')"
    sign_in "$work/owner" "$("$orrery" owner login "$node" | grep -o 'http.*')"
    "$orrery" member grant "$node" --account second@localhost.example --tier member >/dev/null
}

# Sets $cached, $member, $inbox and $fanout, rates per second.
four_loads() { # NAME
    serve "$node"
    letters
    wait_queue
    cached=0 member=0
    for round in $(seq "$rounds"); do
        one=$(load "$port" /@tea "" text/html)
        cached=$(max "$cached" "${one% *}")
        one=$(load "$port" /@tea "s=$(session "$work/jar")" text/html)
        member=$(max "$member" "${one% *}")
    done
    object=$(sql "SELECT object_uri FROM post WHERE access = 'public' AND object_uri IS NOT NULL LIMIT 1")
    "$bin/tests/bench/bench_inbox" --total 8000 "localhost:$port" "$object" >"$work/inbox"
    read -r inbox p50 p99 refused <"$work/inbox"
    [ "$refused" = 0 ] || echo "note: $1 did not accept $refused of 8000"
    wait_queue
    stop
    hosts=2000
    start_sink 0
    add_followers
    serve "$node"
    fan_out "$1"
    fanout=$rate
    wait_queue
    stop
    stop_sink
}
