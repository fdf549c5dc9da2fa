#!/bin/sh
# Installs what `make bench-cache` compares Usher with: Debian's packages of
# nginx, Varnish, Traffic Server and Squid, and the npm package
# @warren-bank/hls-proxy (into NPM_DIR, the first argument). None of their
# services is started or stays enabled: the bench starts its own processes with
# its own configuration. What cannot be installed is said and left out; the
# bench then reports it as missing.
set -u
npm_dir=${1:?usage: install.sh NPM_DIR}
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

# Debian's way to install a service without starting it (policy-rc.d, 101: not allowed).
policy=/usr/sbin/policy-rc.d
made_policy=
end() { [ -z "$made_policy" ] || $as_root rm -f "$policy"; }
trap end EXIT INT TERM

missing() {
	dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed' && return 1
	return 0
}

wanted=
for package in nginx varnish trafficserver squid; do
	missing "$package" && wanted="$wanted $package"
done
if [ -n "$wanted" ] && command -v apt-get >/dev/null; then
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null && $as_root chmod 755 "$policy" && made_policy=yes
	fi
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	$as_root apt-get -qq update || echo "install: apt-get update does not work; trying with the old lists" >&2
	for package in $wanted; do
		if ! $as_root apt-get -qq -y install --no-install-recommends "$package" >/dev/null; then
			echo "install: $package does not install" >&2
			continue
		fi
		# Debian enables what it installs. Only what this script installed is
		# disabled: somebody's own nginx is left alone.
		case $package in varnish) units="varnish varnishncsa" ;; *) units=$package ;; esac
		for unit in $units; do
			if command -v systemctl >/dev/null; then
				$as_root systemctl disable "$unit" >/dev/null 2>&1
			elif command -v update-rc.d >/dev/null; then
				$as_root update-rc.d "$unit" disable >/dev/null 2>&1
			fi
		done
	done
fi

if command -v npm >/dev/null; then
	if [ ! -d "$npm_dir/node_modules/@warren-bank/hls-proxy" ]; then
		mkdir -p "$npm_dir" && npm install --prefix "$npm_dir" --no-audit --no-fund --ignore-scripts --silent @warren-bank/hls-proxy@3 ||
			echo "install: @warren-bank/hls-proxy does not install" >&2
	fi
else
	echo "install: no npm; @warren-bank/hls-proxy is left out" >&2
fi
exit 0
