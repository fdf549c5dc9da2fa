#!/bin/sh
# The linters, cheap ones first. Each step says what to do when it fails; all
# of them run, so that one look is enough.
#
#   tools/lint.sh [PACKAGE…]    default ./...
#
# The linters are pinned in tools/go.mod and tools/lint/go.mod, apart from the
# product's modules. LINT_FAST=1 leaves out golangci-lint, which is slow the
# first time.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- ./...
failed=""

# step NAME HINT COMMAND…
step() {
	name=$1 hint=$2
	shift 2
	if "$@"; then
		echo "ok    $name"
	else
		echo "FAIL  $name. $hint" >&2
		failed="$failed $name"
	fi
}

tool() { go tool -modfile=tools/go.mod "$@"; }

unformatted() {
	list=$(git ls-files -co --exclude-standard '*.go' | while read -r f; do [ ! -e "$f" ] || echo "$f"; done | xargs go tool -modfile=tools/go.mod gofumpt -l)
	[ -z "$list" ] || { echo "$list" && return 1; }
}

golangci() {
	go tool -modfile=tools/lint/go.mod golangci-lint run --timeout 10m "$@"
}

step gofumpt "Run: go tool -modfile=tools/go.mod gofumpt -w FILE" unformatted
step "mod tidy" "Run: go mod tidy" go mod tidy -diff
step vet "See go doc cmd/vet" go vet "$@"
step staticcheck "See staticcheck.dev/docs/checks" tool staticcheck "$@"
[ -n "${LINT_FAST-}" ] || step golangci-lint "The list and the reasons are in .golangci.yml" golangci "$@"

[ -z "$failed" ] || { echo "lint: failed:$failed" >&2 && exit 1; }
