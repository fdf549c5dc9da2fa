# Sourced by the benches' install scripts: Debian's packages and npm's, without
# a service started or left enabled. What cannot be installed is said and left
# out; the bench then reports it as missing.
# shellcheck shell=sh
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

# Debian's way to install a service without starting it (policy-rc.d, 101: not allowed).
policy=/usr/sbin/policy-rc.d
made_policy=
end() { [ -z "$made_policy" ] || $as_root rm -f "$policy"; }
trap end EXIT INT TERM

# want PACKAGE…: installs what is missing. Debian enables what it installs; only
# what was installed here is disabled: somebody's own nginx is left alone.
want() {
	missing=
	for package; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] && command -v apt-get >/dev/null || return 0
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null && $as_root chmod 755 "$policy" && made_policy=yes
	fi
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	$as_root apt-get -qq update || echo "install: apt-get update does not work; trying with the old lists" >&2
	for package in $missing; do
		if $as_root apt-get -qq -y install --no-install-recommends "$package" >/dev/null; then
			disable "$package"
		else
			echo "install: $package does not install" >&2
		fi
	done
}

disable() {
	case $1 in
	varnish) units="varnish varnishncsa" ;;
	nginx | trafficserver | squid) units=$1 ;;
	*) return 0 ;;
	esac
	for unit in $units; do
		if command -v systemctl >/dev/null; then
			$as_root systemctl disable "$unit" >/dev/null 2>&1
		elif command -v update-rc.d >/dev/null; then
			$as_root update-rc.d "$unit" disable >/dev/null 2>&1
		fi
	done
}

# want_npm DIR NAME@VERSION: installs a package of npm below DIR.
want_npm() {
	name=${2%@*}
	if ! command -v npm >/dev/null; then
		echo "install: no npm; $name is left out" >&2
	elif [ ! -d "$1/node_modules/$name" ]; then
		mkdir -p "$1" && npm install --prefix "$1" --no-audit --no-fund --ignore-scripts --silent "$2" ||
			echo "install: $name does not install" >&2
	fi
}
