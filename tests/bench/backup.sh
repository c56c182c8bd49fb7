# A backup of 1 GB beside the node that serves, and back. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154,SC2034

p99_of() { # SECONDS: of a page that no cache has, asked 200 times a second
    # shellcheck disable=SC2046
    set -- $("$bin/tests/bench/probe" page "localhost:$port" /login 200 "$1")
    echo "$2"
}

bench_backup() {
    one_node=$node
    node=$work/big
    make_node "$node"
    for i in $(seq 70); do
        dd if=/dev/urandom of="$work/media.bin" bs=1M count=15 2>/dev/null
        "$orrery" post create "$node" --title "File $i" --draft --body-file "$work/text.md" \
            --media "$work/media.bin" >/dev/null
    done
    sync
    serve "$node"
    p99_of 1 >/dev/null
    quiet=1000000 busy=1000000 back=1000000 copy=1000000
    for round in $(seq "$rounds"); do
        quiet=$(min "$quiet" "$(p99_of 8)")
        began=$(now_ms)
        "$orrery" backup "$node" --to "$work/big.orrery" --force >/dev/null &
        backup=$!
        busy=$(min "$busy" "$(p99_of 8)")
        wait "$backup"
        took=$(($(now_ms) - began))

        rm -rf "$work/back" "$work/copy"
        sync
        began=$(now_ms)
        "$orrery" restore "$work/big.orrery" "$work/back" >/dev/null
        back=$(min "$back" "$(($(now_ms) - began))")
        rm -rf "$work/back"
        sync
        began=$(now_ms)
        cp -r "$node/media" "$work/copy" && sync -f "$work/copy"
        copy=$(min "$copy" "$(($(now_ms) - began))")
    done
    size=$(stat -c %s "$work/big.orrery")
    rm -rf "$work/copy" "$work/big.orrery"
    stop
    rm -rf "$node"
    node=$one_node
    at_most "page p99 during a backup of $((size >> 20)) MB, $took ms (quiet: $quiet us)" \
        "$(calc "$busy / $quiet")" "times" 2
    ratio "restore, KB" "$(calc "$size / $back")" "$(calc "$size / $copy")" 0.5
}
