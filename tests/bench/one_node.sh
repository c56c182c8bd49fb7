# One node on SQLite: start, pages, inbox, fan-out. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

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
    "$bin/tests/bench/bench_inbox" "localhost:$port" "$object" >"$work/inbox"
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
