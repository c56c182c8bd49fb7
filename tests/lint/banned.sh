#!/bin/sh
# Functions that write without a bound, hide state or start a shell; and marks of unfinished work.
cd "${srcdir:-.}" || exit 1
status=0
sources() {
    find node federation web admin tests -name '*.[ch]' -type f ! -name '*_sql.[ch]' ! -path '*/node_modules/*'
}
[ "$(sources | wc -l)" -gt 10 ] || { echo "banned: is this the source tree?"; exit 1; }
# a call: the name, then '('; not a member, not in a comment line
if sources | xargs grep -nE \
    '(^|[^A-Za-z0-9_>."])(strcpy|strcat|strncat|sprintf|vsprintf|atoi|atol|strtok|gets|system|popen)[[:space:]]*\(' |
    grep -vE '^[^:]*:[0-9]*:[[:space:]]*(\*|/\*|//)'; then
    echo 'banned: use struct buf, str_to_i64, str_next; start no shell'
    status=1
fi
if find node federation web admin tests docs -type f \
    \( -name '*.[ch]' -o -name '*.sql' -o -name '*.html' -o -name '*.css' -o -name '*.js' -o -name '*.mjs' \
       -o -name '*.md' \) ! -path '*/node_modules/*' -print0 |
    xargs -0 grep -nwE 'TO''DO|FIX''ME|HA''CK'; then
    echo 'banned: finish it, or file an issue'
    status=1
fi
exit $status
