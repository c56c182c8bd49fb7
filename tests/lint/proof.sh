#!/bin/sh
# docs/federation-proof.md: no number of the checklist is missing, each has a test or a reason, and each
# test that is named exists ("file: a piece of its name", as it stands in the file).
cd "${srcdir:-.}" || exit 1
doc=docs/federation-proof.md
status=0
say() { echo "proof: $1"; status=1; }

# How many each section has.
for section in 0:6 1:18 2:21 3:14 4:12 5:9 6:6 7:6 8:4 9:9 10:17 11:7; do
    n=1
    while [ "$n" -le "${section#*:}" ]; do
        [ "$(grep -c "^| ${section%:*}\.$n |" "$doc")" = 1 ] || say "${section%:*}.$n stands there not once"
        n=$((n + 1))
    done
done

grep -nE '^\| [0-9]+\.[0-9]+b? \|' "$doc" | grep -vE '`[a-z_0-9]+\.(test\.mjs|c|sh): |reason: ' |
    sed 's/^/proof: neither test nor reason: /' | grep . && status=1

found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT
grep -oE '`[a-z_0-9]+\.(test\.mjs|c|sh): [^`]+`' "$doc" | sort -u | tr -d '`' >"$found"
[ "$(wc -l <"$found")" -gt 50 ] || say "only $(wc -l <"$found") tests are named: is this the source tree?"
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
