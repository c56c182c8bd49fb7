#!/bin/sh
# A PostgreSQL of our own for tests, of Debian's programs: in a directory of its own, by an
# unprivileged user, on a unix socket that nobody else can reach. Debian's own cluster is left alone.
#   pg.sh start FILE            make one and start it; FILE remembers where; prints its address
#   pg.sh stop FILE             end it and delete it; nothing to do when FILE is not there
#   pg.sh down FILE [MODE]      end it only: fast, or immediate, which is how a machine would
#   pg.sh up FILE               start it again after down; prints its address
# PG_OPTIONS is given to the server behind ours. PG_TOP is where the directory shall lie: /tmp, or
# /dev/shm, where the many files of a database cost nothing. A socket's path has room for 107 bytes,
# and the server's user must be able to walk to it.
set -eu
LC_ALL=C.UTF-8
export LC_ALL
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}

# initdb and postgres refuse to be root.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

say_address() { # DIR
    echo "postgresql:///orrery?host=$1&user=orrery"
}

launch() { # DIR
    # Closed descriptors: whoever reads our output must not wait for the server's end. Its durability
    # is against power cuts, which no test makes; a killed server keeps what it wrote.
    as_user "$bin/pg_ctl" start -w -t 60 -s -D "$1/data" -l "$1/log" \
        -o "-c listen_addresses= -c unix_socket_directories=$1 -c max_connections=400 \
            -c shared_buffers=64MB -c fsync=off -c full_page_writes=off -c jit=off \
            -c max_wal_size=512MB -c log_lock_waits=on -c timezone=Asia/Shanghai ${PG_OPTIONS:-}" \
        </dev/null >/dev/null 2>&1 3>&- 9>&- || {
        cat "$1/log" >&2
        exit 1
    }
}

halt() { # DIR MODE
    [ -f "$1/data/postmaster.pid" ] || return 0
    as_user "$bin/pg_ctl" stop -w -t 60 -s -D "$1/data" -m "$2" >/dev/null 2>&1 || true
}

clear_up() { # FILE
    [ -f "$1" ] || return 0
    dir=$(cat "$1")
    case $dir in
    /tmp/orrery-pg-* | /dev/shm/orrery-pg-*)
        if [ -d "$dir" ]; then
            halt "$dir" immediate
            rm -rf "$dir"
        fi
        ;;
    esac
    rm -f "$1"
}

[ $# -ge 2 ] || {
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
file=$2
case $1 in
start)
    [ -x "$bin/initdb" ] || {
        echo "pg.sh: $bin/initdb is not there: apt-get install postgresql-15" >&2
        exit 1
    }
    clear_up "$file" # of a run that was killed
    dir=$(mktemp -d "${PG_TOP:-/tmp}/orrery-pg-XXXXXX")
    echo "$dir" >"$file"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$dir"
    # An order of words that is not that of bytes: what depends on it by accident is found out.
    as_user "$bin/initdb" -D "$dir/data" -U postgres -A trust -N -E UTF8 --locale=C.UTF-8 \
        --locale-provider=icu --icu-locale=en >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        exit 1
    }
    launch "$dir"
    # Not the superuser: a provider's node isn't it, either. It may make databases: a test's store is
    # one, copied from a template.
    as_user "$bin/psql" -q -h "$dir" -U postgres -d postgres -v ON_ERROR_STOP=1 \
        -c 'CREATE ROLE orrery LOGIN CREATEDB' -c 'CREATE DATABASE orrery OWNER orrery' >/dev/null
    say_address "$dir"
    ;;
stop) clear_up "$file" ;;
down) halt "$(cat "$file")" "${3:-fast}" ;;
up)
    dir=$(cat "$file")
    as_user "$bin/pg_ctl" status -D "$dir/data" >/dev/null 2>&1 || launch "$dir"
    say_address "$dir"
    ;;
*)
    echo "pg.sh: start, stop, down or up; not $1" >&2
    exit 2
    ;;
esac
