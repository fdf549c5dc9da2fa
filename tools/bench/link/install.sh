#!/bin/sh
# Installs what `make bench-link` compares Usher with: Debian's mpv, VLC,
# GStreamer (with the Python binding that the bench's script uses), Chromium
# and nginx, and the npm package hls.js (into NPM_DIR, the first argument). What
# cannot be installed is said and left out; the bench reports it as missing.
set -u
npm_dir=${1:?usage: install.sh NPM_DIR}
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

# Debian's way to install a service without starting it (policy-rc.d, 101: not allowed).
policy=/usr/sbin/policy-rc.d
made_policy=
end() { [ -z "$made_policy" ] || $as_root rm -f "$policy"; }
trap end EXIT INT TERM

wanted=
for package in mpv mpv-mpris dbus ffmpeg vlc-bin vlc-plugin-base python3-gst-1.0 gstreamer1.0-plugins-base \
	gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav chromium nginx; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || wanted="$wanted $package"
done
if [ -n "$wanted" ] && command -v apt-get >/dev/null; then
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null && $as_root chmod 755 "$policy" && made_policy=yes
	fi
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	$as_root apt-get -qq update || echo "install: apt-get update does not work; trying with the old lists" >&2
	for package in $wanted; do
		$as_root apt-get -qq -y install --no-install-recommends "$package" >/dev/null || echo "install: $package does not install" >&2
	done
	case $wanted in *nginx*) # only what this script installed is disabled
		if command -v systemctl >/dev/null; then $as_root systemctl disable nginx >/dev/null 2>&1; fi ;;
	esac
fi

if command -v npm >/dev/null; then
	if [ ! -d "$npm_dir/node_modules/hls.js" ]; then
		mkdir -p "$npm_dir" && npm install --prefix "$npm_dir" --no-audit --no-fund --ignore-scripts --silent hls.js@1 ||
			echo "install: hls.js does not install" >&2
	fi
else
	echo "install: no npm; hls.js is left out" >&2
fi
exit 0
