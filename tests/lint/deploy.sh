#!/bin/sh
# The recipes of admin/deploy: units that systemd takes and finds tight, lists of packages that are those
# of tests/tools/packages.sh, versions and shell that hold together. Caddy's are run in
# tests/live/caddy.test.mjs, the Debian package by admin/deploy/build-deb.
built=$(pwd)
cd "${srcdir:-.}" || exit 1
. tests/tools/packages.sh
deploy=admin/deploy
status=0
say() {
    echo "deploy: $*"
    status=1
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# systemd reads them as it would, from a root of their own.
if command -v systemd-analyze >/dev/null; then
    units=$work/usr/lib/systemd/system
    mkdir -p "$units" "$work/usr/bin" "$work/etc"
    ln -s usr/bin "$work/bin"
    cp "$built/$deploy"/systemd/*.service "$built/$deploy"/systemd/*.socket $deploy/systemd/*.timer "$units"
    cp /usr/lib/systemd/system/*.target "$units" 2>/dev/null || cp /lib/systemd/system/*.target "$units"
    programs=$(sed -n 's/^Exec[A-Za-z]*=[-+!:@]*\([^ ]*\).*/\1/p' "$units"/orrery*.service | sort -u)
    for p in $programs; do
        mkdir -p "$work$(dirname "$p")"
        printf '#!/bin/sh\n' >"$work$p"
        chmod 755 "$work$p"
    done
    for unit in "$units"/orrery*; do
        name=$(basename "$unit")
        systemd-analyze verify --man=no --recursive-errors=no --root="$work" "$name" >"$work/said" 2>&1 ||
            say "$name: $(cat "$work/said")"
        grep -q '@[a-z]*@' "$unit" && say "$name: something is not filled in"
        case $name in
        *.service)
            # 0 is best, 100 is none.
            systemd-analyze security --offline=true --threshold=15 "$unit" >"$work/said" 2>&1 ||
                say "$name: $(tail -n 1 "$work/said")"
            ;;
        esac
    done
else
    echo "deploy: no systemd-analyze here, units are not looked at"
fi

# What the program needs is said in five places.
lists="$deploy/debian/control $deploy/cloud-init.yaml docs/operate/install.md docs/zh/install.md"
for package in $(for p in $PACKAGES_BUILD; do case $p in *-dev | gettext | pkg-config) echo "$p" ;; esac; done); do
    [ "$package" = libc6-dev ] && continue
    for list in $lists; do
        grep -q -- "[ ,[]$package\b" $list || grep -q -- "^ *$package\b" $list || say "$list does not name $package"
    done
done

version=$(sed -n 's/^AC_INIT(\[orrery\], \[\([^]]*\)\].*/\1/p' configure.ac)
grep -q "^orrery ($version)" $deploy/debian/changelog || say "debian/changelog is not of version $version"
for script in $deploy/build-deb $deploy/debian/*.postinst $deploy/debian/*.prerm $deploy/debian/*.postrm; do
    sh -n "$script" || say "$script is no shell"
done
for name in $(sed -n 's/^COPY \([a-z][^ ]*\) .*/\1/p' $deploy/docker/Dockerfile); do
    [ -e "$name" ] || say "the Dockerfile copies $name, which is not there"
done

if python3 -c 'import yaml' 2>/dev/null; then
    python3 - "$work" <<'PYTHON' || status=1
import subprocess, sys, yaml
user_data = yaml.safe_load(open("admin/deploy/cloud-init.yaml"))
for f in user_data["write_files"]:
    if f["content"].startswith("#!"):
        subprocess.run(["sh", "-n"], input=f["content"].encode(), check=True)
paths = {f["path"] for f in user_data["write_files"]}
assert all(c[0] in paths for c in user_data["runcmd"]), "runcmd runs what is not written"
compose = yaml.safe_load(open("admin/deploy/docker/compose.yaml"))
for name, service in compose["services"].items():
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source.startswith(".") or source in compose["volumes"], f"{name}: no volume {source}"
PYTHON
fi
bash -n "$built/$deploy/orrery" || say "the completion is no shell"
grep -q '^\.SS "orrery upgrade DIR"' "$built/$deploy/orrery.1" || say "the manual lacks a verb"
exit $status
