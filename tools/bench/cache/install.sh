#!/bin/sh
# Installs what `make bench-cache` compares Usher with: Debian's packages of
# nginx, Varnish, Traffic Server and Squid, and the npm package
# @warren-bank/hls-proxy (into NPM_DIR, the first argument). The bench starts
# its own processes with its own configuration.
set -u
npm_dir=${1:?usage: install.sh NPM_DIR}
# shellcheck source-path=SCRIPTDIR source=../debian.sh
. "$(dirname "$0")/../debian.sh"
want nginx varnish trafficserver squid
want_npm "$npm_dir" @warren-bank/hls-proxy@3
exit 0
