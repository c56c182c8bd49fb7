# The same loads on both stores, by turns: what PostgreSQL on the same machine costs. Its durability is
# on, as SQLite's is. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

bench_postgres() {
    one_node=$node
    node=$work/lite
    make_node "$node"
    four_loads sqlite
    lite_member=$member lite_inbox=$inbox lite_fanout=$fanout

    pg_url=$(PG_OPTIONS="-c fsync=on -c full_page_writes=on" \
        sh "$here/../tools/pg.sh" start "$work/pg")
    cleanup="$cleanup; sh '$here/../tools/pg.sh' stop '$work/pg'"
    schema=bench
    node=$work/large
    make_node "$node" --store "$pg_url&schema=$schema"
    four_loads postgres
    sh "$here/../tools/pg.sh" stop "$work/pg"
    node=$one_node

    beside "postgresql, page of 20 posts for a member" "$member" "$lite_member" 0.5
    beside "postgresql, inbox" "$inbox" "$lite_inbox" 0.5
    beside "postgresql, fan-out to $hosts hosts" "$fanout" "$lite_fanout" 0.5
}
