#!/bin/sh
# Every sentence that a person may see, in templates and in C, has its Chinese.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$srcdir" || exit 1
tmplc=$OLDPWD/node/tools/tmplc
{
    printf 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    "$tmplc" --pot web/html/*.html admin/html/*.html
} | msguniq -o "$dir/html.pot" - || exit 1
find node federation web admin -name '*.c' ! -name 'html.c' ! -name '*_sql.c' ! -path 'node/tools/*' |
    sort | xgettext -L C --from-code=UTF-8 -kN_ -ktr:2 -ki18n_get:2 -ki18n_getn:2,3 \
    --files-from=- -o "$dir/c.pot" || exit 1
msgcat -o "$dir/all.pot" "$dir/html.pot" "$dir/c.pot" || exit 1
msgcmp web/po/zh_CN.po "$dir/all.pot"
