#!/bin/sh
# A file is at most 800 lines, a function at most 120 (wanted: 600 and 60).
cd "${srcdir:-.}" || exit 1
find node federation web admin -name '*.[ch]' -type f ! -name '*_sql.[ch]' \
    ! -path 'web/html.[ch]' ! -path 'admin/html.[ch]' ! -path 'web/po/catalogues.c' \
    ! -path 'node/db/migrations.c' ! -path 'node/db/all_queries.c' ! -name '*_files.c' -print0 |
    xargs -0 awk '
FNR == 1 {
    check()
    file = FILENAME; lines = 0; start = 0; made = 0
}
FNR <= 2 && /[Gg]enerated by/ { made = 1 }
{ lines = FNR }
/^\{$/ { start = FNR }
/^\}$/ {
    if (start && FNR - start > 120 && !made) {
        print file ":" start ": a function of " FNR - start " lines"; bad = 1
    }
    start = 0
}
function check() {
    files++
    if (lines > 800 && !made) { print file ": " lines " lines"; bad = 1 }
}
END {
    check()
    if (files < 10) { print "sizes: is this the source tree?"; bad = 1 }
    exit bad
}'
