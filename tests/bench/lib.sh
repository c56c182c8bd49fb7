# What the benches share: printing, a node, load on it. Sourced by run.sh, from the build's directory.
# shellcheck shell=sh disable=SC2034
. "$here/../tools/packages.sh"
need $PACKAGES_BENCH

bin=$(pwd)
orrery=$bin/orrery
rounds=${ROUNDS:-2}
work=$(mktemp -d "${TMPDIR:-/tmp}/orrery-bench-XXXXXX")
pids=""
pid=""
host_dir=""
serve_options=""
cleanup=:
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done; eval "$cleanup"; rm -rf "$work"' EXIT
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
beside() { # NAME OURS OTHER GOAL
    r=$(calc "$2 / $3")
    say "$(printf '%s: %.0f/s beside %.0f/s, ratio %.2f (goal ≥ %s)' "$1" "$2" "$3" "$r" "$4")" \
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

make_node() { # DIR [INIT-OPTION…]
    dir=$1
    shift
    "$orrery" init "$dir" "$@" --domain "localhost:$port" --planet tea --title "Tea Beyond the Hills" \
        --owner owner@localhost.example --owner-name "Lin" --lang zh-CN >/dev/null
    "$orrery" demo "$dir" >/dev/null
}

# Sets $pid and $ready (ms from exec to the first answer). With $host_dir: as one of that host's nodes.
serve() { # DIR
    if [ -n "$host_dir" ]; then what="host serve $host_dir"; else what="serve $1"; fi
    # shellcheck disable=SC2086
    set -- "$1" $("$bin/tests/bench/probe" start "localhost:$port" /robots.txt "$orrery" $what --dev \
        --listen "127.0.0.1:$port" $serve_options 2>>"$work/serve.log")
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
# In the store of $node, whichever that is.
sql() {
    if [ -f "$node/store.url" ]; then
        PGOPTIONS="-c search_path=$schema" psql -qAtX "$pg_url" -c "$1"
    else
        sqlite3 -cmd '.timeout 5000' "$node/store.sqlite" "$1"
    fi
}
now_ms() { date +%s%3N; }

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
                  (state = 'ready' AND run_at <= $(now_ms))")" != 0 ] || return 0
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
         SELECT ${sink_port}00000 + i, 'http://' || host || '/a', 'Person', host, 'f' || i, 'F',
                'http://' || host || '/inbox', $(now_ms) FROM h;
         INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
         SELECT a.id, a.id, t.id, a.uri || '#follow', 'accepted', a.fetched_at
           FROM actor a JOIN actor t ON t.local_kind = 'planet'
          WHERE a.id > ${sink_port}00000 AND a.id <= ${sink_port}00000 + $hosts"
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
