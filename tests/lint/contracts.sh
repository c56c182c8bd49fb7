#!/bin/sh
# Every header opens with its contract: what it is, whose memory, which errors, which threads.
cd "${srcdir:-.}" || exit 1
status=0
for f in $(find node federation web admin -name '*.h' -type f ! -name '*_sql.h'); do
    case $(head -n 1 "$f") in
    '/*'*) ;;
    *) echo "$f: begins without saying what it is"; status=1 ;;
    esac
done
exit $status
