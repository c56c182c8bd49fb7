# What Orrery needs of Debian 12. Sourced by ./up, ./check and tests/bench/run.sh.
PACKAGES_BUILD="gcc make autoconf automake pkg-config libc6-dev gettext
 libmicrohttpd-dev libsqlite3-dev libpq-dev libcurl4-openssl-dev libssl-dev libxml2-dev libjansson-dev
 libcmark-gfm-dev libcmark-gfm-extensions-dev libicu-dev libargon2-dev zlib1g-dev
 libvips-dev libseccomp-dev libarchive-dev libqrencode-dev tzdata fonts-wqy-microhei ca-certificates"
PACKAGES_CHECK="libcmocka-dev openssl clang libclang-rt-14-dev chromium fonts-noto-cjk fonts-noto-core
 sqlite3 procps postgresql-15 caddy systemd python3-yaml"
PACKAGES_BENCH="wrk curl sqlite3 procps postgresql-15"

# need PACKAGE…: install those that are missing, and nothing when none is.
need() {
    missing=""
    for p in "$@"; do
        case "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null)" in
        *"ok installed"*) ;;
        *) missing="$missing $p" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "Installing:$missing" >&2
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
}

# setup DIR CONFIGURE-OPTIONS…: configure once.
setup() {
    dir=$1
    shift
    [ -f configure ] && [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || autoreconf -fi >&2
    mkdir -p "$dir"
    [ -f "$dir/config.status" ] || (cd "$dir" && ../configure -q "$@" >&2)
}

# build DIR CONFIGURE-OPTIONS…: configure once, make what is out of date.
build() {
    setup "$@"
    make -s -C "$dir" -j"$(nproc)" all >&2
}
