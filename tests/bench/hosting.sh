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
    at_most "$neighbours nodes: one that sleeps again" "$after" "bytes PSS" 131072
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

# 2,000 nodes in one process, fifty of them visited all the time; after bench_neighbours.
bench_fifty() {
    [ -d "$work/host" ] || { echo "fifty: goes after neighbours"; return; }
    inside=$("$bin/tests/bench/probe" port)
    host_dir=$work/host serve_options="--internal 127.0.0.1:$inside --spare-keys 0"
    serve "$work/host"
    host_dir="" serve_options=""
    fifty() {
        wrk -t2 -c50 -d"$1"s --latency -s "$here/wrk_nodes.lua" "http://localhost:$port/"
    }
    fifty 2 >/dev/null
    cold=$(pss)
    fifty 10 >"$work/fifty"
    awake=$(curl -sS "http://127.0.0.1:$inside/metrics" | sed -n 's/^orrery_nodes_awake //p')
    failed=$(sed -n 's/.*Non-2xx or 3xx responses: //p' "$work/fifty")
    echo "note: $neighbours nodes, ${awake:-?} awake: $(sed -n 's/Requests\/sec: *//p' "$work/fifty") requests/s," \
        "p50 $(awk '$1 == "50%" { print $2 }' "$work/fifty"), p99 $(awk '$1 == "99%" { print $2 }' "$work/fifty")"
    at_most "fifty of $neighbours nodes visited: not answered" "${failed:-0}" requests 0
    at_most "fifty of $neighbours nodes visited: memory ($cold MB after 2 s)" "$(pss)" "MB PSS" 100
    stop
}

# Nodes made by the API: one after the other, then as fast as four panels ask. The keys were made before.
made_at_once=40
made_in_all=120

ask_for_node() { # NUMBER: prints the status and the seconds that it took
    curl -sS -o /dev/null -w '%{http_code} %{time_total}\n' -H "Authorization: Bearer $panel" \
        -H 'Content-Type: application/json' "http://127.0.0.1:$inside/v1/nodes" \
        -d "{\"domain\": \"made$1.localhost:$port\", \"owner\": \"owner@localhost.example\"}"
}

bench_creating() {
    rm -rf "$work/maker"
    "$orrery" host init "$work/maker" >/dev/null
    panel=$("$orrery" host token create "$work/maker" --name panel | sed -n 's/^token: //p')
    inside=$("$bin/tests/bench/probe" port)
    keys=$((made_in_all * 3))
    "$orrery" host serve "$work/maker" --dev --listen "127.0.0.1:$port" --internal "127.0.0.1:$inside" \
        --spare-keys "$keys" >>"$work/serve.log" 2>&1 &
    pid=$!
    pids="$pids $pid"
    until [ "$(sqlite3 -cmd '.timeout 10000' "$work/maker/host.sqlite" \
        "SELECT COUNT(*) FROM host_spare")" -ge "$keys" ]; do sleep 1; done
    i=0
    while [ $i -lt $made_at_once ]; do
        ask_for_node $i
        i=$((i + 1))
    done | sort -k2 -n >"$work/made"
    [ "$(grep -c '^201 ' "$work/made")" = $made_at_once ]
    began=$(date +%s%N)
    for panel_at in 0 1 2 3; do
        (
            i=$((made_at_once + panel_at))
            while [ $i -lt $made_in_all ]; do
                ask_for_node $i
                i=$((i + 4))
            done
        ) >"$work/made.$panel_at" &
        eval "asker_$panel_at=\$!"
    done
    wait "$asker_0" "$asker_1" "$asker_2" "$asker_3"
    took=$(calc "($(date +%s%N) - $began) / 1e9")
    [ "$(cat "$work"/made.[0-3] | grep -c '^201 ')" = $((made_in_all - made_at_once)) ]
    stop
    at_most "a node by the API (slowest $(awk 'END { printf "%.0f", $2 * 1000 }' "$work/made") ms)" \
        "$(awk '{ v[NR] = $2 } END { printf "%.1f", v[int((NR + 1) / 2)] * 1000 }' "$work/made")" ms 60
    at_least "nodes by the API, four at a time" \
        "$(calc "($made_in_all - $made_at_once) / $took")" "/s" 20
}
