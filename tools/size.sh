#!/bin/sh
# Fails when a stripped program is larger than a box's daemon may be.
#
#   tools/size.sh PROGRAM
set -eu
most=20000000
size=$(wc -c <"$1")
if [ "$size" -ge "$most" ]; then
	echo "$1 has $size bytes, $most or more." >&2
	echo "A jump of megabytes is code that finds methods by their names (text/template, html/template, protobuf, dbus.Conn.Export): with it," >&2
	echo "the linker keeps every exported method. Find it: go build -ldflags=-dumpdep ./cmd/usherd 2>&1 | grep '<ReflectMethod>'" >&2
	exit 1
fi
echo "$1: $size bytes"
