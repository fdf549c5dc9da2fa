#!/bin/sh
# Installs what `make bench-link` compares Usher with: Debian's mpv, VLC,
# GStreamer (with the Python binding that the bench's script uses), Chromium
# and nginx, and the npm package hls.js (into NPM_DIR, the first argument).
set -u
npm_dir=${1:?usage: install.sh NPM_DIR}
# shellcheck source-path=SCRIPTDIR source=../debian.sh
. "$(dirname "$0")/../debian.sh"
want mpv mpv-mpris dbus ffmpeg vlc-bin vlc-plugin-base python3-gst-1.0 gstreamer1.0-plugins-base \
	gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav chromium nginx
want_npm "$npm_dir" hls.js@1
exit 0
