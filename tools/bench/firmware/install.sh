#!/bin/sh
# Installs what `make bench-firmware` compares Usher with: Debian's RAUC,
# SWUpdate and casync, and what makes their files.
set -u
# shellcheck source-path=SCRIPTDIR source=../debian.sh
. "$(dirname "$0")/../debian.sh"
want rauc swupdate casync squashfs-tools e2fsprogs openssl dbus-daemon cpio mount
