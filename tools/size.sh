#!/bin/sh
# Fails when a stripped program is larger than a box's daemon may be.
#
#   tools/size.sh PROGRAM
set -eu
most=20000000
size=$(wc -c <"$1")
if [ "$size" -ge "$most" ]; then
	echo "$1 has $size bytes, $most or more." >&2
	echo "See docs/decisions/016-size.md for what is in it." >&2
	exit 1
fi
echo "$1: $size bytes"
