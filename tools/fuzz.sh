#!/bin/sh
# Runs every fuzz target of the product for a while, one after the other.
set -eu
time=${1:-20s}
cd "$(dirname "$0")/.."
grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' --with-filename . | sort | while IFS=: read -r file func; do
	name=${func#func }
	echo "== $name ($(dirname "$file"))"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$(dirname "$file")"
done
