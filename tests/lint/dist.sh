#!/bin/sh
# A release holds every file of the repository: what is built, read or run from a tarball must be
# named in a local.mk. Where there is no repository there is nothing to compare with.
git -C "$srcdir" rev-parse --git-dir >/dev/null 2>&1 || exit 0
packed=$(mktemp) || exit 1
trap 'rm -f "$packed"' EXIT
MAKEFLAGS= make -s --no-print-directory list-dist | sed "s,^$srcdir/,," >"$packed"
git -C "$srcdir" ls-files | awk -v packed="$packed" '
BEGIN {
    while ((getline name < packed) > 0) { known[name]; n++ }
    if (n < 10) { print "dist: make list-dist says next to nothing"; exit bad = 1 }
}
/(^|\/)\.git[a-z]*$/ { next }
{
    for (name = $0; !(name in known) && sub(/\/[^\/]*$/, "", name);)
        continue
    if (!(name in known)) { print $0 ": packed by no EXTRA_DIST"; bad = 1 }
}
END { exit bad }'
