# The same three loads on both stores, by turns: what PostgreSQL on the same machine costs. Its
# durability is on, as SQLite's is. Sourced by run.sh.
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

# Sets $member, $inbox and $fanout, rates per second.
three_loads() { # NAME
    serve "$node"
    letters
    wait_queue
    member=0
    for round in $(seq "$rounds"); do
        one=$(load "$port" /@tea "s=$(session "$work/jar")" text/html)
        member=$(max "$member" "${one% *}")
    done
    object=$(sql "SELECT object_uri FROM post WHERE access = 'public' AND object_uri IS NOT NULL LIMIT 1")
    "$bin/tests/bench/bench_inbox" "localhost:$port" "$object" 8000 >"$work/inbox"
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

bench_postgres() {
    one_node=$node
    node=$work/lite
    make_node "$node"
    three_loads sqlite
    lite_member=$member lite_inbox=$inbox lite_fanout=$fanout

    pg_url=$(PG_OPTIONS="-c fsync=on -c full_page_writes=on" \
        sh "$here/../tools/pg.sh" start "$work/pg")
    cleanup="$cleanup; sh '$here/../tools/pg.sh' stop '$work/pg'"
    schema=bench
    node=$work/large
    make_node "$node" --store "$pg_url&schema=$schema"
    three_loads postgres
    sh "$here/../tools/pg.sh" stop "$work/pg"
    node=$one_node

    beside "postgresql, page of 20 posts for a member" "$member" "$lite_member" 0.5
    beside "postgresql, inbox" "$inbox" "$lite_inbox" 0.5
    beside "postgresql, fan-out to $hosts hosts" "$fanout" "$lite_fanout" 0.5
}
