#!/bin/sh
# Installs what `make bench-bridge` compares Usher with: Debian's Kodi and mpv,
# and a virtual screen for Kodi.
set -u
# shellcheck source-path=SCRIPTDIR source=../debian.sh
. "$(dirname "$0")/../debian.sh"
want kodi xvfb mpv
