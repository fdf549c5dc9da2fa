#!/bin/sh
# Examines the real players of Debian and writes docs/players.md; see
# docs/porting-player.md for how to read it. Installs what is missing (apt).
#
#   player/lab/e2e.sh        mpv and VLC, and Clapper (GStreamer) where it can be had
#   CHAOS=0 player/lab/e2e.sh    without the 10,000 chaos sequences
#   OUT=FILE                     write there, not to docs/players.md
#   ROWS=name,usher-             only these rows (see usher help player)
#
# Exit codes: 0 all required rows of mpv and VLC hold, 1 they do not.
set -eu
cd "$(dirname "$0")/../.."
go=${GO:-go}
chaos=${CHAOS:-10000}
out=${OUT:-docs/players.md}
work=$(mktemp -d)
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null || :; done; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM # the shell runs the line above only when it exits by itself
chmod 711 "$work"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# want PACKAGE…: installs what is not there, without recommendations.
want() {
	for p; do
		dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -q '^installed$' || missing="${missing-} $p"
	done
	[ -n "${missing-}" ] || return 0
	echo "e2e-players: installing$missing"
	# shellcheck disable=SC2086 # words
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null || {
		as_root apt-get -qq update &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
	}
	missing=
}

# examine NAME ARGS…: runs the lab, keeps its Markdown.
examine() {
	name=$1
	shift
	echo "e2e-players: examining $name"
	bin/usher player lab --player "$name" --markdown --rows "${ROWS-}" "$@" >"$work/$name.md" 2>"$work/$name.log" || {
		tail -5 "$work/$name.log" >&2
		return 1
	}
}

# clapper: a GStreamer player with MPRIS; it needs a display, and a bus where it
# may own its application's name too.
clapper() {
	want xvfb clapper gstreamer1.0-plugins-bad gstreamer1.0-libav || return 1
	cat >"$work/bus.conf" <<-XML
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig><type>session</type><listen>unix:path=$work/bus</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/></policy>
		</busconfig>
	XML
	dbus-daemon --nofork --nopidfile --nosyslog --config-file="$work/bus.conf" >/dev/null 2>&1 &
	pids="$pids $!"
	Xvfb -displayfd 3 -screen 0 640x360x24 3>"$work/display" >/dev/null 2>&1 &
	pids="$pids $!"
	for _ in 1 2 3 4 5 6 7 8 9 10; do [ ! -s "$work/display" ] || break; sleep 0.5; done
	mkdir "$work/home"
	env DISPLAY=":$(cat "$work/display")" DBUS_SESSION_BUS_ADDRESS="unix:path=$work/bus" HOME="$work/home" GDK_BACKEND=x11 \
		GSETTINGS_BACKEND=memory LIBGL_ALWAYS_SOFTWARE=1 clapper >"$work/clapper.out" 2>&1 &
	pids="$pids $!"
	examine Clapper --bus "unix:path=$work/bus"
}

want ffmpeg mpv mpv-mpris dbus vlc-bin vlc-plugin-base
rc=0
examine mpv || rc=1
examine vlc || rc=1
clapper || echo "e2e-players: Clapper fails rows, or could not be had: it does not decide" >&2

{
	cat player/lab/players.head.md
	for name in mpv vlc Clapper; do
		[ ! -s "$work/$name.md" ] || cat "$work/$name.md"
	done
} >"$out"
grep '^[0-9]* pass' "$out"

[ "$chaos" = 0 ] || "$go" test ./player/mpris -run 'TestChaos$' -chaos="$chaos" -count=1 -timeout 60m || rc=1
exit $rc
