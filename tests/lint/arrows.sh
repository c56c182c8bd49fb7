#!/bin/sh
# Arrows point one way (docs/architecture.md): a file includes its own rung and lower ones only, and
# every include of ours is rooted. The linker proves the same once more, library by library.
cd "${srcdir:-.}" || exit 1
find node federation web admin \( -name '*.c' -o -name '*.h' \) -type f |
    xargs grep -Hn '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' | awk '
function rung(path, parts, n) {
    n = split(path, parts, "/")
    if (parts[1] == "admin") return 80
    if (parts[1] == "web") return 70
    if (parts[1] == "federation") return 60
    if (parts[1] != "node") return -1
    if (n == 2) {
        # What ties the tables together stands above everything.
        if (path ~ /^node\/(engines|main|wiring|serve|serve_host|server)\.c$/ || path ~ /^node\/(engines|wiring|serve)\.h$/)
            return 90
        # Bare declarations that every signature needs.
        if (path ~ /^node\/(cx|node|server)\.h$/) return 0
        return 20
    }
    if (parts[2] == "base") return 0
    if (parts[2] == "db" || parts[2] == "text" || parts[2] == "net" || parts[2] == "tools") return 10
    if (parts[2] == "jobs" || parts[2] == "media") return 20
    if (parts[2] == "people") return 30
    if (parts[2] == "planet") return 31
    if (parts[2] == "talk") return 32
    if (parts[2] == "money") return 33
    if (parts[2] == "http") return 40
    return -1
}
{
    split($0, at, ":")
    file = at[1]
    included = $0
    sub(/^[^"]*"/, "", included)
    sub(/".*$/, "", included)
    if (included == "config.h") next
    if (included !~ /^(node|federation|web|admin)\//) {
        print file ":" at[2] ": \"" included "\" is not rooted"; bad = 1; next
    }
    from = rung(file); to = rung(included)
    if (from < 0 || to < 0) {
        print file ":" at[2] ": no rung for " (from < 0 ? file : included); bad = 1
    } else if (to > from) {
        print file ":" at[2] ": " included " is above it"; bad = 1
    }
    seen++
}
END {
    if (seen < 10) { print "arrows: found hardly any include; is this the source tree?"; bad = 1 }
    exit bad
}'
