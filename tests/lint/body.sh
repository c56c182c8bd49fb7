#!/bin/sh
# The locked text is read in one place (D-1): only post_body.sql, behind a pass, names its table, and
# public_view.sql and the list view, which join it where access is 'public' and nowhere else.
cd "${srcdir:-.}" || exit 1
status=0
say() { echo "body: $1"; status=1; }

for f in $(find node federation web admin -name '*.sql' -type f); do
    grep -v '^[[:space:]]*--' "$f" | sed 's/--.*//' | grep -qw post_body || continue
    case $f in
    node/talk/post_body.sql | node/talk/public_view.sql | node/db/migrations/*) ;;
    *) say "$f names the table post_body" ;;
    esac
done
# Answers to paid questions are as locked: one file names their table, one runs its statements.
for f in $(find node federation web admin -name '*.sql' -type f); do
    sed 's/--.*//' "$f" | grep -qw answer_body || continue
    case $f in
    node/talk/answer.sql | node/db/migrations/*) ;;
    *) say "$f names the table answer_body" ;;
    esac
done
if find node federation web admin -name '*.[ch]' -type f ! -name '*_sql.[ch]' |
    xargs grep -nE 'q_answer_(html|markdown|put)|answer_sql\.h' | grep -v '^node/talk/answer\.c:'; then
    say 'only answer.c runs the statements of answer.sql'
fi
[ -f node/talk/post_body.sql ] || say 'node/talk/post_body.sql is missing'

# Every join of it that everybody can reach carries its own conditions.
for f in node/talk/public_view.sql node/db/migrations/*.sql; do
    sed 's/--.*//' "$f" | tr '\n' ' ' | tr -s ' ' | sed 's/CREATE TABLE post_body/ /' |
        grep -oE '(FROM|JOIN) post_body.{0,140}' | while read -r join; do
        echo "$join" | grep -qE \
            "JOIN post_body b ON b\.post_id = p\.id AND p\.access = 'public' AND p\.state = 'published'" ||
            echo "$f: $join"
    done | grep . && say 'joined without its conditions'
done

# Statements in C would go round all this.
if find node federation web admin -name '*.[ch]' -type f ! -name '*_sql.[ch]' ! -path 'node/tools/*' |
    xargs grep -nE '"[^"]*(FROM|JOIN|INTO|UPDATE) +post_body'; then
    say 'SQL belongs into .sql files'
fi
# The generated readers are called by the door alone; a pass is made by access.c alone.
if find node federation web admin -name '*.[ch]' -type f ! -name '*_sql.[ch]' |
    xargs grep -nE 'q_post_body_|post_body_sql\.h' | grep -v '^node/talk/post_body\.c:'; then
    say 'only post_body.c runs the statements of post_body.sql'
fi
if find node federation web admin -name '*.[ch]' -type f |
    xargs grep -nE 'verdict_[[:space:]]*=[^=]|\.verdict_|->verdict_' |
    grep -vE '^node/planet/access[a-z_]*\.[ch]:'; then
    say 'only access.c decides'
fi
exit $status
