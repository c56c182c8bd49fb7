#!/bin/sh
# The query compiler refuses what would only fail later.
sqlc=./node/tools/sqlc
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0
refuse() {
    printf '%b\n' "$2" > "$dir/q.sql"
    if "$sqlc" "$dir/q.sql" "$dir/q" 2> "$dir/err"; then
        echo "accepted: $2"
        status=1
    elif ! grep -q "$1" "$dir/err"; then
        echo "expected '$1' for: $2"
        cat "$dir/err"
        status=1
    fi
}
refuse "q.sql:1: error: 'a' names ':x' in :in" '-- :name a :one\n-- :in x int\n-- :out n int\nSELECT 1;'
refuse "q.sql:4: error: ':y' is not in :in" '-- :name a :one\n-- :out n int\nSELECT 1\n + :y;'
refuse "':y' is not in :in" '-- :name a :one\n-- :in x int\n-- :out n int\nSELECT :x, :y;'
refuse "has no :out" '-- :name a :one\nSELECT 1;'
refuse "is :exec and has an :out" '-- :name a :exec\n-- :out n int\nDELETE FROM x;'
refuse "without a :name" 'SELECT 1;'
refuse "does not end in ';'" '-- :name a :exec\nDELETE FROM x'
refuse "quote is not closed" "-- :name a :exec\nDELETE FROM x WHERE y = 'z;"
refuse "shape of 'a'" '-- :name a :some\nDELETE FROM x;'
refuse "there already" '-- :name a :exec\nDELETE FROM x;\n-- :name a :exec\nDELETE FROM y;'
refuse "known are int text blob real" '-- :name a :exec\n-- :in x string\nDELETE FROM x WHERE y = :x;'
refuse "stands twice" '-- :name a :exec\n-- :in x int, x int\nDELETE FROM x WHERE y = :x;'
refuse "no :row 'r'" '-- :name a :one\n-- :out r\nSELECT 1;'
refuse "write parameters as" '-- :name a :exec\nDELETE FROM x WHERE y = ?;'
refuse "has no SQL" '-- :name a :exec\n'
refuse "not known here" '-- :name a :exec\n-- :inn x int\nDELETE FROM x;'

refuse "line of its own" '-- :name a :exec\nDELETE FROM x; DELETE FROM y;'

printf '%b\n' "-- :name a :one\n-- :in x int\n-- :out n text\nSELECT ':q' || :x::text /* :z */ || :x; -- :w" > "$dir/q.sql"
"$sqlc" "$dir/q.sql" "$dir/q" || status=1
grep -q "\"SELECT ':q' || ?1::text || ?1\"" "$dir/q_sql.c" || { echo "wrong SQL"; cat "$dir/q_sql.c"; status=1; }
exit $status
