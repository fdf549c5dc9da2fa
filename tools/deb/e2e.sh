#!/bin/sh
# Installs the package on a clean Debian 12, upgrades, removes and purges it,
# and looks at what is left.
#
#   tools/deb/e2e.sh [FOLDER]    FOLDER keeps a clean system for the next run
#
# Needs root and debootstrap; the clean system comes from deb.debian.org once.
# Exit codes: 0 good or skipped (it says so), 1 not.
set -eu
cd "$(dirname "$0")/../.."
keep=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/usher/debian12}

skip() { echo "SKIP: $*; the package was not installed anywhere" >&2 && exit 0; }
fail() { echo "FAIL: $*" >&2 && exit 1; }
step() { echo "ok    $*"; }

[ "$(id -u)" = 0 ] || skip "not root, and a clean system is a chroot"
command -v debootstrap >/dev/null || skip "debootstrap not installed; make e2e-deb installs it"

work=$(mktemp -d)
root=$work/root
daemon=""
clean() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	! mountpoint -q "$root/proc" || umount -l "$root/proc"
	rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

if [ ! -e "$keep/ready" ]; then
	echo "making a clean Debian 12 in $keep, once"
	mkdir -p "$keep"
	debootstrap --variant=minbase --include=ca-certificates,dbus,systemd bookworm "$keep/root" >"$keep/log" 2>&1 ||
		fail "debootstrap: $(tail -1 "$keep/log")"
	touch "$keep/ready"
fi
cp -a "$keep/root" "$root"
mount -t proc proc "$root/proc" || skip "no right to mount /proc in a chroot"

arch=$(dpkg --print-architecture)
for v in v1.0.0-rc1 v1.0.0; do
	(cd tools && go run ./deb -arch "$arch" -version "$v" -out "$work") >/dev/null
done
mkdir "$root/debs"
cp "$work"/*.deb "$root/debs/"
one=/debs/usher_1.0.0~rc1_$arch.deb two=/debs/usher_1.0.0_$arch.deb

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
# Everything but dpkg's own books, the caches of others, and the accounts, which stay on purpose.
listed() {
	(cd "$root" && find . -xdev ! -path './proc/*' ! -path './var/lib/dpkg/*' ! -path './var/log/*' ! -path './var/cache/ldconfig/*' \
		! -path './etc/passwd*' ! -path './etc/group*' ! -path './etc/shadow*' ! -path './etc/gshadow*' ! -path './etc/.pwd.lock' | sort)
}
says() { # says TEXT COMMAND…
	text=$1 && shift
	out=$(inside "$@" 2>&1) || fail "$*: $out"
	case $out in *"$text"*) ;; *) fail "$*: no \"$text\" in: $out" ;; esac
}

listed >"$work/before"
inside dpkg -i "$one" >"$work/log" 2>&1 || fail "install: $(cat "$work/log")"
! grep -iE 'warning|error' "$work/log" || fail "the installation complains"
step "installed without systemd running, without a word of complaint"

says "v1.0.0-rc1" usherd -version
says "usher" usher help
says 'language = "" # default' usherd -config /etc/usher/usher.toml -print-config
inside getent passwd usher usher-screen >/dev/null || fail "the users are not there"
for group in video input audio render; do
	inside id -nG usher | grep -qw "$group" || fail "user usher is not in group $group"
done
[ "$(stat -c %a "$root/var/lib/usher")" = 700 ] || fail "/var/lib/usher is open to others"
[ -L "$root/etc/systemd/system/multi-user.target.wants/usherd.service" ] || fail "usherd.service is not enabled"
[ -L "$root/etc/systemd/system/sockets.target.wants/usherd.socket" ] || fail "usherd.socket is not enabled"
[ -z "$(inside dpkg --verify usher)" ] || fail "dpkg --verify: $(inside dpkg --verify usher)"
step "usherd and usher run, the configuration is read, users, folders and units are there"

# An OEM's overlay at its usual place is taken without a word in the configuration.
mkdir -p "$root/usr/share/usher" "$root/lantern"
printf 'name = "lantern"\nversion = "1"\n' >"$root/lantern/overlay.toml"
printf '[tv]\nname = "Lantern"\n' >"$root/lantern/usher.toml"
inside usher oem key /lantern/oem.pem >"$root/usr/share/usher/oem-keys.json" || fail "no key for an overlay"
mv "$root/lantern/oem.pem" "$root/oem.pem"
says "signed by" usher oem pack /oem.pem /lantern /usr/share/usher/oem.overlay
says 'name = "Lantern" # overlay lantern 1, usher.toml:2' usherd -config /etc/usher/usher.toml -print-config
step "an overlay at its usual place is verified and in force"

# The daemon as its own user, without a player and away from this machine's own
# addresses. Each program here becomes the next, so that the number is the daemon's.
chroot "$root" /usr/bin/setpriv --reuid usher --regid usher --init-groups --reset-env env HOME=/var/lib/usher XDG_CACHE_HOME=/var/cache/usher XDG_RUNTIME_DIR=/run/usher \
	USHER_PLAYER_KIND=simulated USHER_TV_MODE=off USHER_LISTEN=127.0.0.1:0 USHER_MEDIA=127.0.0.1:0 usherd -config /etc/usher/usher.toml >"$work/daemon" 2>&1 &
daemon=$!
for _ in $(seq 300); do
	[ ! -S "$root/run/usher/usher.sock" ] || break
	kill -0 "$daemon" 2>/dev/null || fail "usherd ended: $(cat "$work/daemon")"
	sleep 0.1
done
says '{' usher --json status
kill "$daemon"
wait "$daemon" || fail "usherd ended with $?: $(cat "$work/daemon")"
daemon=""
rm -r "$root/lantern" "$root/oem.pem" "$root/usr/share/usher"
step "usherd runs as its own user, with the overlay, and usher talks to it"

echo 'language = "th"' >>"$work/line"
cat "$work/line" "$root/etc/usher/usher.toml" >"$work/edited"
cp "$work/edited" "$root/etc/usher/usher.toml"
echo kept >"$root/var/lib/usher/positions"
inside systemctl disable usherd.service >/dev/null 2>&1
inside dpkg -i "$two" >"$work/log" 2>&1 || fail "upgrade: $(cat "$work/log")"
says "v1.0.0" usherd -version
cmp -s "$work/edited" "$root/etc/usher/usher.toml" || fail "the upgrade changed an edited configuration"
says 'language = "th"' usherd -config /etc/usher/usher.toml -print-config
[ ! -e "$root/etc/systemd/system/multi-user.target.wants/usherd.service" ] || fail "the upgrade enabled what was switched off"
[ "$(cat "$root/var/lib/usher/positions")" = kept ] || fail "the upgrade lost the state"
step "upgraded: the edited configuration, the state and what was switched off stay"

inside dpkg -r usher >"$work/log" 2>&1 || fail "remove: $(cat "$work/log")"
[ ! -e "$root/usr/bin/usherd" ] || fail "usherd is still there"
cmp -s "$work/edited" "$root/etc/usher/usher.toml" || fail "removing took the configuration"
[ -e "$root/var/lib/usher/positions" ] || fail "removing took the state"
inside dpkg -i "$two" >"$work/log" 2>&1 || fail "install again: $(cat "$work/log")"
[ -e "$root/var/lib/usher/positions" ] || fail "installing again lost the state"
step "removed and installed again: configuration and state stay"

inside dpkg -P usher >"$work/log" 2>&1 || fail "purge: $(cat "$work/log")"
listed >"$work/after"
diff "$work/before" "$work/after" || fail "purging leaves, or takes, the files above"
[ -z "$(inside dpkg -l usher 2>/dev/null | grep '^[a-z][a-z] *usher ')" ] || fail "dpkg still knows usher"
step "purged: the system has the files that it had before"

command -v lintian >/dev/null || { echo "SKIP: lintian not installed, make e2e-deb installs it; the package was not examined" >&2 && exit 0; }
lintian --fail-on error "$work/usher_1.0.0_$arch.deb" || fail "lintian finds errors"
step "lintian finds no errors"
