# A node among many: strangers who write first, a large audience, a forger. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

first_object() {
    sql "SELECT object_uri FROM post WHERE access = 'public' AND object_uri IS NOT NULL LIMIT 1"
}

# 500 activities from 500 actors that were never seen, from the first byte to the last effect.
strangers() { # NAME GOAL BENCH_INBOX-OPTION…
    name=$1 goal=$2 best=0 refused=0
    shift 2
    for round in $(seq "$rounds"); do
        "$bin/tests/bench/bench_inbox" --strangers --total 500 --actors 500 --connections 100 "$@" \
            "localhost:$port" "$(first_object)" >"$work/strangers" || true
        ended=$(date +%s%N)
        wait_queue
        read -r rate p50 p99 more <"$work/strangers"
        refused=$((refused + more))
        took=$(calc "500 / $rate + ($(date +%s%N) - $ended) / 1e9")
        best=$(max "$best" "$(calc "500 / $took")")
    done
    at_least "strangers, $name: 500 actors never seen, to the last effect (p50 $p50 ms)" \
        "$(printf %.0f "$best")" /s "$goal"
    at_most "strangers, $name: not accepted" "$refused" activities 0
}

bench_strangers() {
    serve "$node"
    wait_queue
    strangers "of 50 hosts" 500 --hosts 50
    strangers "of one host" 500 --hosts 1
    # One more answers after five seconds: the others must not notice. Its own time is the end of the
    # run, so what counts here is how long the others waited.
    "$bin/tests/bench/bench_inbox" --strangers --total 501 --actors 500 --connections 100 --hosts 50 \
        --slow 5000 "localhost:$port" "$(first_object)" >"$work/slow" || true
    read -r rate p50 slow_p99 more <"$work/slow"
    at_most "strangers, one of them slow: p99 of all" "$slow_p99" ms \
        "$(max "$(calc "2 * $p99")" 1000)"
    at_most "strangers, one of them slow: not accepted" "$more" activities 0
    stop
}

# 50,000 followers on 3,000 hosts with shared inboxes; $1 of them dead, $2 of them slow.
add_audience() { # DEAD SLOW
    hosts=3000
    sql "DELETE FROM follow; DELETE FROM host;
         DELETE FROM actor WHERE id > ${sink_port}00000 AND id <= ${sink_port}00000 + 50000;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000),
              h (i, k) AS (SELECT i, i % $hosts FROM n),
              g (i, host) AS (SELECT i, '127.1.' || (k / 250) || '.' || (1 + k % 250) || ':' ||
                     CASE WHEN k % 10 = 3 AND k < 10 * $1 THEN 9
                          WHEN k % 10 = 7 AND k < 10 * $2 THEN $slow_port ELSE $sink_port END
                                FROM h)
         INSERT INTO actor (id, uri, kind, host, username, name, inbox, shared_inbox, fetched_at)
         SELECT ${sink_port}00000 + i, 'http://' || host || '/a/' || i, 'Person', host, 'f' || i, 'F',
                'http://' || host || '/a/' || i || '/inbox', 'http://' || host || '/inbox',
                $(now_ms) FROM g;
         INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
         SELECT a.id, a.id, t.id, a.uri || '#follow', 'accepted', a.fetched_at
           FROM actor a JOIN actor t ON t.local_kind = 'planet'
          WHERE a.id > ${sink_port}00000 AND a.id <= ${sink_port}00000 + 50000"
}

# Publish; $took: ms from the click until the last live host has it; $queued: until all stood in the
# queue; $queue_mb: what the queue took in the store at that moment.
publish_to_all() { # TITLE LIVE
    before=$(sunk)
    publish "$1"
    for i in $(seq 400); do
        [ "$(sql "SELECT COUNT(*) FROM activity WHERE type = 'Create' AND fanned_to IS NULL
                   AND created_at >= $post_at")" = 0 ] || break
        sleep 0.01
    done
    queued=$(($(now_ms) - post_at))
    queue_mb=$(sql "SELECT printf('%.1f', SUM(pgsize) / 1e6) FROM dbstat WHERE name = 'job' OR name IN
                    (SELECT name FROM sqlite_master WHERE tbl_name = 'job')")
    wait_sunk $((before + $2))
    took=$(sed -n "$((before + 1)),\$p" "$work/sink.log" |
        awk -v at="$post_at" '{ last = $1 } END { print last - at }')
}

# The best of the rounds: $best (ms until all live ones had it).
audience() { # NAME LIVE
    best=1000000 best_queued=1000000 most_mb=0
    for round in $(seq "$rounds"); do
        publish_to_all "$1 $round" "$2"
        best=$(min "$best" "$took")
        best_queued=$(min "$best_queued" "$queued")
        most_mb=$(max "$most_mb" "$queue_mb")
    done
}

bench_audience() {
    slow_port=9
    start_sink 2000
    slow_port=$sink_port slow_sink=$sink
    mv "$work/sink.log" "$work/slow.log"
    exec 4<&3
    start_sink 0
    add_audience 0 0
    serve "$node"
    wait_queue
    sign_in "$work/owner" "$("$orrery" owner login "$node" | grep -o 'http.*')"
    limit=0
    for round in $(seq "$rounds"); do
        limit=$(max "$limit" "$("$bin/tests/bench/bench_fanout" bare 3000 1 2)")
    done
    audience "to all" 3000
    ratio "50,000 followers on 3,000 hosts" "$(calc "3000 * 1000 / $best")" "$limit" 0.75
    at_most "50,000 followers: queued after the request to publish" "$best_queued" ms 1000
    at_most "50,000 followers: the queue in the store" "$most_mb" MB 10
    at_most "50,000 followers: peak memory (resident)" "$(peak)" MB 60
    wait_queue
    stop

    # A tenth dead, a tenth slow; beside a run without these 600.
    add_audience 3000 3000
    sql "DELETE FROM follow WHERE actor_id IN (SELECT id FROM actor WHERE host LIKE '%:9' OR
         host LIKE '%:$slow_port')"
    serve "$node"
    audience "the living" 2400
    alone=$best
    wait_queue
    stop
    add_audience 3000 3000
    serve "$node"
    publish_to_all "first" 2400 # new hosts: nothing is known of them yet
    first_time=$took
    wait_sunk_slow
    publish_to_all "again" 2400
    at_most "a tenth dead, a tenth slow, never met: the living are done" \
        "$(calc "$first_time / $alone")" "times $alone ms" 1.3
    at_most "a tenth dead, a tenth slow, met before: the living are done" \
        "$(calc "$took / $alone")" "times $alone ms" 1.3
    at_most "a tenth dead, a tenth slow: peak memory (resident)" "$(peak)" MB 60
    wait_sunk_slow
    stop
    stop_sink
    kill "$slow_sink"
    exec 4<&-
}
wait_sunk_slow() { # until nothing is under way
    for i in $(seq 200); do
        [ "$(sql "SELECT COUNT(*) FROM job WHERE kind = 'fed.deliver' AND state = 'leased'")" != 0 ] ||
            return 0
        sleep 0.1
    done
}

rss() {
    awk '/^VmRSS:/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status"
}
# 2,000 forged requests a second from one host while a peer says what it has to say.
bench_forged() {
    serve "$node"
    object=$(first_object)
    "$bin/tests/bench/bench_inbox" --pace 100 --total 1000 "localhost:$port" "$object" >"$work/quiet"
    wait_queue
    "$bin/tests/bench/bench_inbox" --forged --pace 2000 --total 60000 --connections 64 \
        "localhost:$port" "$object" >"$work/forged" &
    forger=$!
    pids="$pids $forger"
    sleep 6 # it prepares for some seconds; then the flood has begun
    "$bin/tests/bench/bench_inbox" --pace 100 --total 2000 "localhost:$port" "$object" >"$work/loud" &
    peer=$!
    pids="$pids $peer"
    sleep 5
    early=$(rss)
    wait "$peer" || true
    late=$(rss)
    wait "$forger" || true
    read -r _ _ quiet_p99 _ <"$work/quiet"
    read -r _ _ loud_p99 lost <"$work/loud"
    read -r taken _ _ _ <"$work/forged"
    at_most "forged flood: a peer's p99 meanwhile ($quiet_p99 ms before)" \
        "$(calc "$loud_p99 / $(max "$quiet_p99" 1)")" times 2
    at_most "forged flood: of the peer's not accepted" "$lost" activities 0
    at_most "forged flood: forged ones accepted" "$taken" /s 0
    at_most "forged flood: memory 16 s later ($early MB before)" "$(calc "$late / $early")" times 1.1
    wait_queue
    stop
}
