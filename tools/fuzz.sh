#!/bin/sh
# Runs every fuzz target of the product for a while, one after the other.
set -eu
time=${1:-20s}
cd "$(dirname "$0")/.."
grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' --with-filename . | sort | while IFS=: read -r file func; do
	name=${func#func }
	echo "== $name ($(dirname "$file"))"
	# Where order is left to chance (maps) inputs that look new would be made
	# smaller for a minute each, and nothing else be tried.
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x "$(dirname "$file")"
done
