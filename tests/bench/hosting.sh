# Many nodes in one process: what they cost, and what one of them loses by the others. Sourced by
# run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

neighbours=2000

bench_nodes() {
    quiet_node=$work/template
    [ -d "$quiet_node" ] || {
        make_node "$quiet_node"
        one_node=$node
        node=$quiet_node
        serve "$node" # what the demo's posts have to say is said
        wait_queue
        stop
        node=$one_node
    }
    "$bin/tests/bench/bench_nodes" "$quiet_node" "$work" "$neighbours" 50 >"$work/nodes" 2>>"$work/serve.log"
    read -r asleep awake p50 p99 slowest after <"$work/nodes"
    at_most "$neighbours nodes: one that sleeps" "$asleep" "bytes PSS" 8192
    at_most "$neighbours nodes: one of 50 that are awake" "$(calc "$awake / 1048576")" "MB PSS" 1.5
    at_most "waking one, to its whole first page (p99 $(calc "$p99 / 1000") ms, slowest \
$(calc "$slowest / 1000") ms)" "$(calc "$p50 / 1000")" ms 20
    at_most "$neighbours nodes: one that sleeps again" "$after" "bytes PSS" 65536
}

# A host whose first node is $node and which has 1,999 more that nobody visits.
make_host() { # DIR
    "$orrery" host init "$1" >/dev/null
    "$orrery" host plan set "$1" --plan any >/dev/null
    "$orrery" host node create "$1" --domain "localhost:$port" --name first --plan any \
        --owner owner@localhost.example >/dev/null
    dir=$(sqlite3 "$1/host.sqlite" "SELECT dir FROM host_node")
    case $dir in /*) ;; *) dir=$1/$dir ;; esac
    rm -rf "$dir"
    cp -a "$node" "$dir"
    node=$dir
    i=1
    while [ $i -lt "$neighbours" ]; do
        mkdir "$1/nodes/n$i"
        cp "$quiet_node/store.sqlite" "$quiet_node/secret.key" "$1/nodes/n$i/"
        i=$((i + 1))
    done
    columns=$(sqlite3 "$1/host.sqlite" "SELECT group_concat(name) FROM pragma_table_info('host_node')
         WHERE name NOT IN ('id', 'name', 'host', 'origin', 'dir', 'wake_at', 'awake')")
    sqlite3 "$1/host.sqlite" "
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $neighbours - 1)
        INSERT INTO host_node (id, name, host, origin, dir, wake_at, awake, $columns)
        SELECT h.id + n.i, 'n' || n.i, 'n' || n.i || '.localhost', 'http://n' || n.i || '.localhost',
               replace(h.dir, 'nodes/first', 'nodes/n' || n.i), 9223372036854775807, 0, $columns
          FROM n, host_node h WHERE h.name = 'first'"
}

bench_neighbours() {
    one_node=$node
    node=$work/alone
    make_node "$node"
    cp -a "$node" "$work/fresh"
    four_loads alone
    alone_cached=$cached alone_member=$member alone_inbox=$inbox alone_fanout=$fanout

    [ -d "$work/template" ] || cp -a "$work/fresh" "$work/template"
    quiet_node=$work/template
    node=$work/fresh
    make_host "$work/host"
    host_dir=$work/host serve_options="--internal 127.0.0.1:0 --spare-keys 0"
    four_loads "one of $neighbours"
    host_dir="" serve_options=""
    node=$one_node

    beside "beside $((neighbours - 1)) that sleep, page from the byte cache" "$cached" "$alone_cached" 0.9
    beside "beside $((neighbours - 1)) that sleep, page for a member" "$member" "$alone_member" 0.9
    beside "beside $((neighbours - 1)) that sleep, inbox" "$inbox" "$alone_inbox" 0.9
    beside "beside $((neighbours - 1)) that sleep, fan-out" "$fanout" "$alone_fanout" 0.9
}
