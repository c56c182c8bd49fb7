#!/bin/sh
# The figures of docs/bench.md: the real program on a demo node, loaded over loopback, each figure
# beside what the machine itself can do, measured in the same run.
#
#     run.sh [start|pages|inbox|fanout …]        all four when none is named
#
# Run by `make bench` in a build without sanitizers; every load lasts a few seconds. ROUNDS (2) is
# how often page loads and fan-outs are repeated; the best of ours stands against the best of the
# limit, since what disturbs a round is never the thing that is measured.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tools/packages.sh"
need $PACKAGES_BENCH

bin=$(pwd)
orrery=$bin/orrery
rounds=${ROUNDS:-2}
work=$(mktemp -d "${TMPDIR:-/tmp}/orrery-bench-XXXXXX")
pids=""
pid=""
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
below=0

# ---- printing ----

calc() { awk "BEGIN { printf \"%.3f\", $1 }"; }
verdict() { # CONDITION
    if awk "BEGIN { exit !($1) }"; then echo ok; else echo below; fi
}
say() { # TEXT VERDICT
    printf '%s %s\n' "$1" "$2"
    [ "$2" = ok ] || below=$((below + 1))
}
ratio() { # NAME OURS LIMIT GOAL
    r=$(calc "$2 / $3")
    say "$(printf '%s: ours %.0f/s, limit %.0f/s, ratio %.2f (goal ≥ %s)' "$1" "$2" "$3" "$r" "$4")" \
        "$(verdict "$r >= $4")"
}
at_least() { # NAME VALUE UNIT GOAL
    say "$1: $2$3 (goal ≥ $4)" "$(verdict "$2 >= $4")"
}
at_most() { # NAME VALUE UNIT GOAL
    say "$1: $2 $3 (goal ≤ $4)" "$(verdict "$2 <= $4")"
}
min() { awk "BEGIN { print ($1 < $2) ? $1 : $2 }"; }
max() { awk "BEGIN { print ($1 > $2) ? $1 : $2 }"; }

# ---- the node ----

make_node() { # DIR
    "$orrery" init "$1" --domain "localhost:$port" --planet tea --title "Tea Beyond the Hills" \
        --owner owner@localhost.example --owner-name "Lin" --lang zh-CN >/dev/null
    "$orrery" demo "$1" >/dev/null
}

# Sets $pid and $ready (ms from exec to the first answer).
serve() { # DIR
    set -- "$1" $("$bin/tests/bench/probe" start "localhost:$port" /healthz "$orrery" serve "$1" --dev \
        --listen "127.0.0.1:$port" 2>>"$work/serve.log")
    ready=$2
    pid=$3
    pids="$pids $pid"
}
gone() { # PID
    while kill -0 "$1" 2>/dev/null; do sleep 0.05; done
}
stop() {
    kill "$pid"
    gone "$pid"
}
fetch() { # PATH CURL-OPTION…
    path=$1
    shift
    curl -sS "$@" "http://localhost:$port$path"
}
field() { # NAME: the value of a hidden field in the page on standard input
    sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" | head -n 1
}
sign_in() { # JAR LINK
    path=/login/${2##*/}
    csrf=$(fetch "$path" -b "$1" -c "$1" | field _csrf)
    fetch "$path" -o /dev/null -b "$1" -c "$1" -H "Origin: http://localhost:$port" \
        --data-urlencode "_csrf=$csrf"
    grep -q '	s	' "$1" || { echo "run.sh: cannot sign in" >&2; exit 1; }
}
session() { # JAR
    awk '$6 == "s" { print $7 }' "$1"
}
pss() { awk '/^Pss:/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/smaps_rollup"; }
sql() { sqlite3 -cmd '.timeout 5000' "$node/store.sqlite" "$1"; }

# ---- loads ----

# Prints "rate p99_ms".
load() { # PORT PATH COOKIE ACCEPT
    COOKIE=$3 ACCEPT=$4 wrk -t2 -c32 -d2s --latency -s "$here/wrk.lua" "http://localhost:$1$2" |
        awk '/Requests\/sec/ { rate = $2 }
             $1 == "99%" { p99 = $2; if (p99 ~ /us$/) p99 /= 1000; else if (p99 !~ /ms$/) p99 *= 1000 }
             /Non-2xx/ { print "run.sh: " $0 >"/dev/stderr" }
             END { printf "%s %.2f\n", rate, p99 }'
}
# Load a page, and bare libmicrohttpd with the same bytes, by turns: NAME PATH COOKIE ACCEPT GOAL P99
page() {
    fetch "$2" -f -o "$work/body" -D "$work/head" -H "Cookie: $3" -H "Accept: $4"
    type=$(sed -n 's/^[Cc]ontent-[Tt]ype: *//p' "$work/head" | tr -d '\r')
    mkfifo "$work/bare.port"
    "$bin/tests/bench/bare_http" "$work/body" "$type" >"$work/bare.port" &
    bare=$!
    pids="$pids $bare"
    read -r bare_port <"$work/bare.port"
    rm "$work/bare.port"
    ours=0 limit=0 p99=1000000 bare_p99=1000000
    for round in $(seq "$rounds"); do
        one=$(load "$bare_port" / "$3" "$4")
        limit=$(max "$limit" "${one% *}")
        bare_p99=$(min "$bare_p99" "${one#* }")
        one=$(load "$port" "$2" "$3" "$4")
        ours=$(max "$ours" "${one% *}")
        p99=$(min "$p99" "${one#* }")
    done
    kill "$bare"
    wait "$bare" 2>/dev/null || true
    ratio "$1 ($(wc -c <"$work/body") bytes)" "$ours" "$limit" "$5"
    if [ -n "$6" ]; then at_most "$1, p99 at 32 connections (bare $bare_p99 ms)" "$p99" ms "$6"; fi
}

start_sink() { # DELAY
    mkfifo "$work/sink.port"
    "$bin/tests/bench/sink" --delay "$1" --log "$work/sink.log" >"$work/sink.port" &
    sink=$!
    pids="$pids $sink"
    exec 3<"$work/sink.port"
    read -r sink_port <&3
    rm "$work/sink.port"
}
stop_sink() {
    kill "$sink"
    wait "$sink" 2>/dev/null || true
    exec 3<&-
}
sunk() { # how many requests by now
    kill -USR1 "$sink"
    read -r _ n _ <&3
    echo "$n"
}
wait_sunk() { # N
    for i in $(seq 400); do
        [ "$(sunk)" -lt "$1" ] || return 0
        sleep 0.05
    done
    echo "run.sh: only $(sunk) of $1 deliveries came" >&2
    exit 1
}
wait_queue() { # until no job is due
    for i in $(seq 600); do
        [ "$(sql "SELECT COUNT(*) FROM job WHERE state IN ('leased', 'waiting') OR
                  (state = 'ready' AND run_at <= 1000 * unixepoch())")" != 0 ] || return 0
        sleep 0.1
    done
    echo "run.sh: the queue does not empty" >&2
    exit 1
}
# One follower on each of 2,000 hosts, 127.1.0.1 and on, all answered by the sink.
add_followers() {
    sql "DELETE FROM follow; DELETE FROM host;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $hosts),
              h (i, host) AS (SELECT i, '127.1.' || (i / 250) || '.' || (1 + i % 250) || ':$sink_port'
                                FROM n)
         INSERT INTO actor (id, uri, kind, host, username, name, inbox, fetched_at)
         SELECT $sink_port * 100000 + i, 'http://' || host || '/a', 'Person', host, 'f' || i, 'F',
                'http://' || host || '/inbox', 1000 * unixepoch() FROM h;
         INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
         SELECT a.id, a.id, t.id, a.uri || '#follow', 'accepted', a.fetched_at
           FROM actor a JOIN actor t ON t.local_kind = 'planet'
          WHERE a.id > $sink_port * 100000 AND a.id <= $sink_port * 100000 + $hosts"
}
# A draft, then the owner's click on "publish"; $post_at is when that request came.
publish() { # TITLE
    post=$("$orrery" post create "$node" --title "$1" --draft --json --body-file "$work/text.md" |
        sed -n 's/.*"id": *"\{0,1\}\([0-9]*\).*/\1/p' | head -n 1)
    csrf=$(fetch "/compose/$post/confirm" -b "$work/owner" | field _csrf)
    fetch "/compose/$post/publish" -f -o /dev/null -b "$work/owner" \
        -H "Origin: http://localhost:$port" -d "_csrf=$csrf" -d teaser_confirmed=1
    post_at=$(sql "SELECT published_at FROM post WHERE id = $post AND state = 'published'")
    [ -n "$post_at" ] || { echo "run.sh: the post is not published" >&2; exit 1; }
}
peak() { # of the node's memory, MB
    awk '/^VmHWM:/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status"
}

# ---- figures ----

bench_start() {
    best=1000000
    for i in 1 2 3; do
        serve "$node"
        best=$(min "$best" "$ready")
        [ "$i" = 3 ] || stop
    done
    sleep 0.5
    at_most "start: from exec to the first answer" "$best" ms 30
    at_most "memory: idle with the demo planet" "$(pss)" "MB PSS" 12
    fetch /@tea -o /dev/null
    fetch /@tea -o /dev/null -H 'Accept: application/activity+json'
    fetch / -o /dev/null
    sleep 0.5
    at_most "memory: idle after its pages were read" "$(pss)" "MB PSS" 12
    stop
}

bench_pages() {
    for i in $(seq 14); do
        "$orrery" post create "$node" --title "Letter $i" --access members --tag letters \
            --body-file "$work/text.md" --teaser-file "$work/teaser.md" >/dev/null
    done
    serve "$node"
    sign_in "$work/member" "$("$orrery" account create "$node" --mail reader@localhost.example \
        --name Reader | grep -o 'http.*')"
    "$orrery" member grant "$node" --account reader@localhost.example --tier member >/dev/null
    actor=$(fetch /@tea -H 'Accept: application/activity+json' | grep -o '"id":"[^"]*' | head -n 1 |
        sed 's/.*localhost:[0-9]*//')
    page "page from the byte cache" /@tea "" text/html 0.40 5
    page "actor from the byte cache" "$actor" "" application/activity+json 0.40 5
    page "page of 20 posts for a member" /@tea "s=$(session "$work/member")" text/html 0.04 ""
    stop
}

bench_inbox() {
    serve "$node"
    object=$(sql "SELECT object_uri FROM post WHERE access = 'public' AND object_uri IS NOT NULL LIMIT 1")
    commits=$("$bin/tests/bench/bench_store" raw)
    rm -f "$work/inbox"
    "$bin/tests/bench/bench_inbox" "localhost:$port" "$object" 12000 >"$work/inbox"
    read -r rate p50 p99 refused <"$work/inbox"
    left=$(sql "SELECT COUNT(*) FROM job WHERE kind = 'fed.receive'")
    ended=$(date +%s%N)
    wait_queue
    took=$(calc "12000 / $rate + ($(date +%s%N) - $ended) / 1e9")
    commits=$(max "$commits" "$("$bin/tests/bench/bench_store" raw)")
    ratio "inbox, verified and committed before the 202" "$rate" "$commits" 0.30
    at_least "inbox, from known actors" "$rate" /s 3000
    at_least "inbox, effects in the store ($left of 12000 behind the last 202, p50 $p50 ms, p99 $p99 ms)" \
        "$(awk "BEGIN { printf \"%.0f\", 12000 / $took }")" /s 700
    at_most "inbox, not accepted" "$refused" activities 0
    stop
}

# Publish some posts and wait until all hosts have them; the best goes to $rate and $first.
fan_out() { # TITLE
    rate=0 first=1000000
    for round in $(seq "$rounds"); do
        before=$(sunk)
        publish "$1 $round"
        wait_sunk $((before + hosts))
        sed -n "$((before + 1)),\$p" "$work/sink.log" |
            awk -v at="$post_at" 'NR == 1 { print $1 - at } { last = $1 } END { print last - at }' \
                >"$work/times"
        rate=$(max "$rate" "$(calc "1000 * $hosts / $(tail -n 1 "$work/times")")")
        first=$(min "$first" "$(head -n 1 "$work/times")")
    done
}
# How long a reader waits who asks 200 times a second.
p50_of() { # PATH COOKIE SECONDS
    "$bin/tests/bench/probe" page "localhost:$port" "$1" 200 "$3" "Cookie: $2" | cut -d' ' -f1
}
during_fan_out() { # NAME
    cookie="s=$(session "$work/member")"
    quiet_cached=$(p50_of /@tea "" 1)
    quiet_member=$(p50_of /@tea "$cookie" 1)
    for kind in cached member; do
        before=$(sunk)
        for i in 1 2 3; do publish "$1 $kind $i"; done
        case $kind in
        cached) busy_cached=$(p50_of /@tea "" 1) ;;
        member) busy_member=$(p50_of /@tea "$cookie" 1) ;;
        esac
        after=$(sunk)
        [ "$after" -lt $((before + 3 * hosts)) ] || echo "note: the fan-out ended before the probe"
        wait_sunk $((before + 3 * hosts))
    done
    at_most "$1: cached page p50 meanwhile ($quiet_cached µs before)" \
        "$(calc "$busy_cached / $quiet_cached")" times 2
    at_most "$1: member's page p50 meanwhile ($quiet_member µs before)" \
        "$(calc "$busy_member / $quiet_member")" times 2
}

bench_kill() {
    start_sink 0
    add_followers
    serve "$node"
    publish "kill $sink_port"
    wait_sunk 300
    kill -9 "$pid"
    gone "$pid"
    sleep 0.2
    killed=$(sunk)
    in_flight=$(sql "SELECT COUNT(*) FROM job WHERE kind = 'fed.deliver' AND state = 'leased'")
    serve "$node"
    wait_queue
    sleep 0.5
    sunk >/dev/null
    came=$(awk '{ print $2, $3 }' "$work/sink.log" | sort -u | wc -l)
    repeats=$(($(wc -l <"$work/sink.log") - came))
    at_most "kill -9 after $killed of $hosts: lost" $((hosts - came)) deliveries 0
    at_most "kill -9: repeated" "$repeats" deliveries "$in_flight"
    stop
    stop_sink
}

bench_fanout() {
    hosts=2000
    serve "$node" # what the demo's posts have to say is said before anybody follows
    wait_queue
    stop
    start_sink 0
    add_followers
    serve "$node"
    sign_in "$work/owner" "$("$orrery" owner login "$node" | grep -o 'http.*')"
    [ -f "$work/member" ] ||
        sign_in "$work/member" "$("$orrery" account create "$node" --mail second@localhost.example \
            --name Second | grep -o 'http.*')"
    limit=0
    for round in $(seq "$rounds"); do
        limit=$(max "$limit" "$("$bin/tests/bench/bench_fanout" bare "$hosts" 1 2)")
    done
    fan_out "fan-out"
    ratio "fan-out to $hosts hosts" "$rate" "$limit" 0.75
    at_most "fan-out: first delivery after the request to publish" "$first" ms 20
    during_fan_out "fan-out"
    at_most "fan-out: peak memory (resident)" "$(peak)" MB 40
    wait_queue
    stop
    stop_sink

    start_sink 50
    add_followers
    serve "$node"
    fan_out "slow hosts"
    at_least "fan-out to $hosts hosts that take 50 ms" "$(printf %.0f "$rate")" /s 1000
    during_fan_out "slow hosts"
    at_most "slow hosts: peak memory (resident)" "$(peak)" MB 40
    wait_queue
    stop
    stop_sink
    bench_kill
}

awk 'BEGIN { for (i = 0; i < 20; i++) print "A paragraph of a letter about *tea*, of the kind that a planet sends: long enough to be read.\n" }' >"$work/text.md"
echo "A **teaser** of two lines that everybody may read, and that says what the letter is about." >"$work/teaser.md"
port=$("$bin/tests/bench/probe" port)
node=$work/node
make_node "$node"
for part in ${*:-start pages inbox fanout}; do
    "bench_$part"
done
echo "$below below their goal"
