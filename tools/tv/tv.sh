#!/bin/sh
# The whole screen of a box on a machine without one: a display in memory, mpv
# with the film, the page in a kiosk Chromium beside it, and one picture of the
# film under the overlay. The two planes are laid over each other as a box's
# display controller does it: the page's with its transparency over the film's.
#
#   tools/tv/tv.sh USHERD OUT.png
#
# Ends everything it started. Exit code 0 and a line when something that it
# needs is not installed.
set -eu
usherd=$(realpath "$1") out=$2
for p in Xvfb xdotool chromium mpv import composite; do
	command -v $p >/dev/null || { echo "SKIP: $p is not installed; tools/deps.sh tv installs it" >&2; exit 0; }
done
dir=$(mktemp -d) pids=""
finish() {
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

await() { # WHAT COMMAND…: tries for 30 s
	what=$1
	shift
	for _ in $(seq 300); do
		if "$@" >/dev/null 2>&1; then return; fi
		sleep 0.1
	done
	echo "not within 30 s: $what" >&2
	exit 1
}

n=90
while [ -e /tmp/.X11-unix/X$n ]; do n=$((n + 1)); done
Xvfb :$n -screen 0 1920x1080x24 -nolisten tcp >"$dir/x.log" 2>&1 &
pids="$pids $!"
export DISPLAY=:$n
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS || true
await "the display" xdotool getdisplaygeometry
cat >"$dir/usher.toml" <<'T'
[player]
bus = "private"
command = ["mpv", "--vo=x11", "--fullscreen", "--no-border", "--geometry=1920x1080+0+0"]
T
"$usherd" -demo -config "$dir/usher.toml" -listen 127.0.0.1:0 -media 127.0.0.1:0 -socket "$dir/s" -ready-file "$dir/ready" >"$dir/usherd.log" 2>&1 &
pids="$pids $!"
await "usherd" test -s "$dir/ready"
page=$(sed 's/.*"page":"\([^"]*\)".*/\1/' "$dir/ready")
mkfifo "$dir/open"
(cd "$(dirname "$0")/.." && go build -o "$dir/tv" ./tv)
HOME="$dir" "$dir/tv" -page "$page" <"$dir/open" >"$dir/tv.log" 2>&1 &
pids="$pids $!"
exec 9>"$dir/open"
await "the page" xdotool search --onlyvisible --class chromium
sleep 3
USHER_SOCKET="$dir/s" "$(dirname "$usherd")/usher" play -start lantern coast >/dev/null
await "the film" xdotool search --onlyvisible --class mpv
sleep 15 # by then the picture has become as good as the link allows
film=$(xdotool search --onlyvisible --class mpv | tail -1)
USHER_SOCKET="$dir/s" "$(dirname "$usherd")/usher" pause >/dev/null # shows the overlay
sleep 1
echo "$dir/page.png" >&9
await "the page's plane" test -s "$dir/page.png"
xdotool windowraise "$film"
sleep 1
import -window root "$dir/film.png"
composite "$dir/page.png" "$dir/film.png" "$out"
echo "$out"
