#!/bin/sh
# Remakes codes.txt: the names of the kernel's key codes, from the header of
# Debian's linux-libc-dev (facts of an interface: names and numbers).
set -eu
cd "$(dirname "$0")"
awk '/^#define (KEY|BTN)_[A-Z0-9_]+[ \t]+(0x[0-9a-f]+|[0-9]+)/ && $2 !~ /_(MAX|CNT)$/ { print $2, $3 }' \
	"${1:-/usr/include/linux/input-event-codes.h}" |
	while read -r name code; do echo "$name $((code))"; done >codes.txt
