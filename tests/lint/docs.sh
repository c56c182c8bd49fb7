#!/bin/sh
# The docs stay true: docs/routes.md and docs/settings.md are what the program says of itself; files,
# functions and verbs that the docs name exist. 'tests/lint/docs.sh --write' (in the build directory,
# with srcdir set when that is not the source tree) writes the two pages anew.
src=${srcdir:-.}
orrery=./orrery
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0
say() { echo "docs: $1"; status=1; }

"$orrery" init "$dir/node" --domain example.org --planet tea --title Tea --owner you@example.org \
    >/dev/null || exit 1

# The program's tables as Markdown.
routes() {
    printf '# Routes\n\n'
    printf 'Every address that a node answers, as `orrery routes DIR` prints them. This page is written by\n'
    printf '`tests/lint/docs.sh --write`. *Who*: anyone; account: signed in; author: who may write in\n'
    printf 'some planet (finer rights are the domain'"'"'s); signed: an HTTP signature; webhook: the signature of a payment provider.\n'
    printf '*Body*: the most that is read of a request. *Cached*: answers to visitors may come from the byte\n'
    printf 'cache.\n'
    "$orrery" routes "$dir/node" | awk -F'\t' '
        NR == 1 || NF < 7 { next }
        function size(n) {
            return n == 0 ? "–" : n % 1048576 == 0 ? n / 1048576 " MB" : n / 1024 " KB"
        }
        $1 != area {
            area = $1
            printf "\n## %s\n\n| method | path | who | body | cached | what |\n|---|---|---|---|---|---|\n", area
        }
        { printf "| %s | `%s` | %s | %s | %s | %s |\n", $2, $3, $4, size($5), $6, $7 }'
}
settings() {
    printf '# Settings\n\n'
    printf 'Everything that a node lets its owner set, as `orrery settings list DIR` prints it. This page is\n'
    printf 'written by `tests/lint/docs.sh --write`. Change one with `orrery settings set DIR --key KEY --value\n'
    printf 'VALUE`; an empty value brings the default back. A serving node reads a changed setting at its next\n'
    printf 'use; nothing needs a restart. A *secret* is stored encrypted and never shown again; what is *fixed*\n'
    printf 'was written when the node was made.\n\n'
    printf '| key | type | default | fixed | secret | what |\n|---|---|---|---|---|---|\n'
    "$orrery" settings list "$dir/node" | awk -F'\t' '
        NR == 1 || NF < 7 { next }
        { printf "| `%s` | %s | %s | %s | %s | %s |\n", $1, $3, $4 == "-" ? "–" : $4, $5, $6, $7 }'
}
for page in routes settings; do
    "$page" > "$dir/$page.md"
    if [ "$1" = --write ]; then
        cp "$dir/$page.md" "$src/docs/$page.md"
    elif ! diff -u "$src/docs/$page.md" "$dir/$page.md"; then
        say "docs/$page.md is old: run 'tests/lint/docs.sh --write'"
    fi
done

# Files that the pages name.
cd "$src" || exit 1
pages="README.md $(find docs -name '*.md' | sort)"
for f in $(grep -ohE '(\.ci|docs|node|federation|web|admin|tests)/[A-Za-z0-9_./-]+\.(c|h|sql|sh|mjs|md|html|css|js|json|mk|po|png|service|example)\b' \
    $pages | sort -u); do
    case $f in
    web/html.h | *_sql.h | *_sql.c) continue ;; # made by the build
    */x.* | */X.* | */test_x.c | */NNNN_* | *_what.* | web/html/about.html) continue ;; # patterns, and what a recipe makes
    esac
    [ -e "$f" ] || say "$f is named and does not exist: $(grep -lF "$f" $pages | tr '\n' ' ')"
done

# Functions that the pages about code name: `post_publish`, `post_publish()`.
for f in $(grep -ohE '`[a-z][a-z0-9]*(_[a-z0-9]+)+(\(\))?`' docs/tour.md docs/architecture.md docs/security.md |
    tr -d '`()' | sort -u); do
    grep -rqw --include='*.[ch]' --include='*.sql' --include='*.html' --include='*.json' --include='*.sh' \
        "$f" node federation web admin tests/unit tests/lint || say "nothing is called $f any more"
done

# `function` (file): it is there.
tr '\n' ' ' < docs/tour.md | tr -s ' ' |
    grep -oE '`[a-z0-9_]+` \((node|federation|web|admin)/[a-z0-9_/]+\.c\b' | sort -u > "$dir/pairs"
[ -s "$dir/pairs" ] || say 'docs/tour.md names no function with its file'
while read -r name file; do
    name=$(echo "$name" | tr -d '`')
    file=${file#(}
    grep -qE "^[a-z].*\b$name\(" "$file" || say "$name is not in $file"
done < "$dir/pairs"

# Verbs.
cd "$OLDPWD" || exit 1
for page in $pages; do
    [ "$page" != docs/cookbook.md ] || continue
    grep -oE '\borrery [a-z]+( [a-z]+)? (DIR|/srv/orrery)\b' "$src/$page"
done | sed 's/^orrery //; s/ [^ ]*$//' | sort -u > "$dir/verbs"
while read -r verb; do
    # shellcheck disable=SC2086 # two words
    "$orrery" $verb --help >/dev/null 2>&1 || say "there is no verb '$verb'"
done < "$dir/verbs"
exit $status
