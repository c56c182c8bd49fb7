#!/bin/sh
# docs/federation-proof.md, docs/payments-proof.md: no number of the checklist is missing, each has a test or a
# reason, and each test that is named exists ("file: a piece of its name", as it stands in the file).
cd "${srcdir:-.}" || exit 1
status=0
say() { echo "proof: $1"; status=1; }

# How many each section has: "0.1", "P1".
count() {
    doc=$1 dot=$2
    shift 2
    for section; do
        n=1
        while [ "$n" -le "${section#*:}" ]; do
            number=${section%:*}$dot$n
            [ "$(grep -cF "| $number |" "$doc")" = 1 ] || say "$doc: $number stands there not once"
            n=$((n + 1))
        done
    done
}
count docs/federation-proof.md . 0:6 1:18 2:21 3:14 4:12 5:9 6:6 7:6 8:4 9:9 10:17 11:7
count docs/payments-proof.md '' P:47 S:13 Y:8 W:11 L:9 C:3 O:3

grep -nE '^\| ([0-9]+\.[0-9]+b?|[PSYWLCO][0-9]+) \|' docs/*-proof.md | grep -vE '`[a-z_0-9]+\.(test\.mjs|c|sh): |reason: ' |
    sed 's/^/proof: neither test nor reason: /' | grep . && status=1

found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT
grep -ohE '`[a-z_0-9]+\.(test\.mjs|c|sh): [^`]+`' docs/*-proof.md | sort -u | tr -d '`' >"$found"
[ "$(wc -l <"$found")" -gt 150 ] || say "only $(wc -l <"$found") tests are named: is this the source tree?"
while IFS= read -r line; do
    file=${line%%: *} name=${line#*: } path=
    for dir in unit live fuzz lint bench; do
        [ -f "tests/$dir/$file" ] && path=tests/$dir/$file
    done
    if [ -z "$path" ]; then
        say "there is no $file"
    else
        grep -qF -- "$name" "$path" || say "$path has no '$name'"
    fi
done <"$found"
exit $status
