#!/bin/sh
# Installs what a box has of Usher into the root file system of an image.
#
#   firmware/oem/install.sh SOURCES PROGRAMS ROOT
#
# SOURCES is the folder of the sources, PROGRAMS the one with usherd, usher and usher-boot
# for the box. Nothing is started and no user is made: the image's own means do
# that (usr/lib/sysusers.d/usher.conf says which there are).
# Exit codes: 0 done, 1 a file is missing or cannot be written, 2 usage.
set -eu

[ $# = 3 ] || { echo "usage: $0 SOURCES PROGRAMS ROOT" >&2 && exit 2; }
while read -r mode from to how; do
	case $mode in '' | '#'*) continue ;; esac
	case $from in
	@*) from=$2/${from#@} ;;
	*) from=$1/$from ;;
	esac
	install -D -m "$mode" "$from" "$3/$to"
	[ "$how" != commented ] || sed -i 's/^\([^#[[:space:]]\)/#\1/' "$3/$to"
done <"$1/firmware/oem/files"
