#!/bin/sh
# Installs the Debian packages that a target needs and that are not there yet.
#
#   tools/deps.sh run    for the demo: player, bus, ffmpeg, fonts
#   tools/deps.sh test   also a browser, a C compiler for -race, playerctl
#   tools/deps.sh page   node, for the checks of the page alone
#   tools/deps.sh pictures   also what makes the pictures in docs small
#   tools/deps.sh tv     also a display in memory, to take a picture of the whole
#   tools/deps.sh vm     QEMU and what packs its guest
#   tools/deps.sh appliance   QEMU, and what makes a whole box for it
#   tools/deps.sh loaders   QEMU and GRUB, to run the scripts for boot loaders
#   tools/deps.sh cache  the native players that read from the cache
#   tools/deps.sh deb    what makes a clean Debian to install the package on
#   tools/deps.sh rauc   Debian's RAUC and what makes bundles
#   tools/deps.sh pairing   a foreign authorization server and a software TPM
#
# Says what it installs and why, one line each. Uses sudo only when it is not
# root. Exit codes: 0 ready (for run: ready enough, with a line for what will
# not work), 1 something the target cannot do without is missing, 2 usage,
# 3 not a Debian system: the packages are named for a person to find.
set -eu

# package|why|what happens without it ("essential": the target cannot do without)
packages() {
	if [ "$1" = page ]; then
		echo 'nodejs|runs the type checker and the unit tests of the page|essential'
		echo 'npm|fetches the type checker|essential'
		return
	fi
	if [ "$1" = vm ]; then
		echo 'qemu-system-x86|runs a real kernel with HDMI-CEC in it|essential'
		echo 'qemu-user-static|runs programs for arm and arm64|essential'
		echo 'cpio|packs the guest|essential'
		echo 'xz-utils|unpacks the modules of the kernel|essential'
		echo 'kmod|finds the modules of the kernel|essential'
		return
	fi
	if [ "$1" = loaders ]; then
		echo 'qemu-system-x86|starts GRUB|essential'
		echo 'grub-common|makes GRUB|essential'
		echo 'e2fsprogs|makes its disk|essential'
		return
	fi
	if [ "$1" = appliance ]; then
		echo 'qemu-system-x86|is the box|essential'
		echo 'qemu-utils|makes its disk|essential'
		echo 'mmdebstrap|makes its system|essential'
		echo 'fdisk|divides the disk|essential'
		echo 'cpio|packs what starts it|essential'
		echo 'xz-utils|unpacks the modules of the kernel|essential'
		echo 'kmod|finds the modules of the kernel|essential'
		return
	fi
	if [ "$1" = deb ]; then
		echo 'debootstrap|makes the clean system|the package is not installed anywhere'
		echo 'lintian|examines the package|the package is not examined'
		return
	fi
	if [ "$1" = pairing ]; then
		echo 'nodejs|runs an authorization server that is not ours|essential'
		echo 'npm|fetches it|essential'
		echo 'swtpm|is a TPM 2.0 in software|keys in a TPM are not tested'
		echo 'keyutils|gives a process a session keyring of its own|keys in the kernel are not tested as a service has them'
		echo 'openssh-server|lets installers in; it also begins to listen on this machine|boxes are not reached by ssh'
		return
	fi
	if [ "$1" = rauc ]; then
		echo 'rauc|writes the slots|essential'
		echo 'squashfs-tools|makes bundles|essential'
		echo 'openssl|makes keys for them|essential'
		echo 'dbus-daemon|is the bus that RAUC is on|essential'
		echo 'mount|has losetup|essential'
		echo 'e2fsprogs|makes the file systems of slots|essential'
		return
	fi
	if [ "$1" = cache ]; then
		echo 'ffmpeg|makes the streams, and plays them with ffplay|essential'
		echo 'fonts-dejavu-core|writes the timecode into the streams|essential'
		echo 'mpv|plays the streams|mpv is left out of the matrix'
		echo 'vlc-bin|plays the streams|VLC is left out of the matrix'
		echo 'vlc-plugin-base|plays the streams in VLC|VLC plays nothing'
		echo 'gstreamer1.0-plugins-base-apps|plays the streams with gst-play-1.0|GStreamer is left out of the matrix'
		echo 'gstreamer1.0-plugins-good|fetches over HTTP for GStreamer|GStreamer plays nothing'
		echo 'gstreamer1.0-plugins-bad|reads HLS in GStreamer|GStreamer plays nothing'
		echo 'gstreamer1.0-libav|decodes in GStreamer|GStreamer plays nothing'
		echo 'curl|reads the streams|curl is left out of the matrix'
		return
	fi
	cat <<'LIST'
mpv|plays the film|the demo runs on the simulated player, which shows no picture
mpv-mpris|lets usherd drive mpv over D-Bus|the demo runs on the simulated player, which shows no picture
dbus|the bus between usherd and mpv|the demo runs on the simulated player, which shows no picture
ffmpeg|makes the films of the demo|essential
fonts-dejavu-core|writes the timecode into the films of the demo|essential
fonts-droid-fallback|Chinese letters on the page|the page shows boxes instead of Chinese letters
fonts-thai-tlwg|Thai letters on the page|the page shows boxes instead of Thai letters
LIST
	[ "$1" != run ] || return 0
	cat <<'LIST'
chromium|shows the page in the end-to-end tests|the end-to-end tests skip
gcc|compiles for go test -race|essential
libc6-dev|headers for go test -race|essential
playerctl|a second opinion on the player in tests|the tests that use it skip
systemd|systemd-analyze checks the units|the units are not checked
swtpm|is a TPM 2.0 in software|keys in a TPM are not tested
zbar-tools|reads QR codes back in tests|the tests that use it skip
espeak-ng|is the voice of the screen|the voice is not tested
nginx-light|serves firmware in a test|the test skips
python3-dbusmock|is a NetworkManager that is not ours|Wi-Fi is tested with our own only
libubootenv-tool|reads and writes the environment of U-Boot|ours is not compared with it
grub-common|reads and writes the environment of GRUB|ours is not compared with it
groff-base|reads the manual pages|the manual pages are not read
vlc-bin|is another player|VLC is not tested
vlc-plugin-base|lets usherd drive VLC|VLC is not tested
LIST
	[ "$1" = pictures ] || [ "$1" = tv ] || return 0
	echo 'pngquant|keeps the pictures in docs small|essential'
	[ "$1" = tv ] || return 0
	echo 'xvfb|is the display|essential'
	echo 'xdotool|finds the windows on it|essential'
	echo 'imagemagick|takes the picture|essential'
}

# there PACKAGE: it is installed, or what it is for is there in another way.
there() {
	case $1 in
	openssh-server) [ -x /usr/sbin/sshd ] && return ;;
	groff-base) command -v groff >/dev/null && return ;;
	mpv | curl | ffmpeg | playerctl | gcc | chromium | npm | pngquant | swtpm | espeak-ng) command -v "$1" >/dev/null && return ;;
	libubootenv-tool) command -v fw_printenv >/dev/null && return ;;
	grub-common) command -v grub-editenv >/dev/null && return ;;
	nginx-light) command -v nginx >/dev/null && return ;;
	xvfb) command -v Xvfb >/dev/null && return ;;
	xdotool) command -v xdotool >/dev/null && return ;;
	imagemagick) command -v composite >/dev/null && return ;;
	systemd) command -v systemd-analyze >/dev/null && return ;;
	cpio) command -v cpio >/dev/null && return ;;
	qemu-user-static) command -v qemu-arm-static >/dev/null && return ;;
	qemu-utils) command -v qemu-img >/dev/null && return ;;
	fdisk) command -v sfdisk >/dev/null && return ;;
	mmdebstrap) command -v mmdebstrap >/dev/null && return ;;
	qemu-system-x86) command -v qemu-system-x86_64 >/dev/null && return ;;
	zbar-tools) command -v zbarimg >/dev/null && return ;;
	nodejs) command -v node >/dev/null && return ;;
	dbus) command -v dbus-daemon >/dev/null && return ;;
	libc6-dev) [ -e /usr/include/stdlib.h ] && return ;;
	mpv-mpris)
		for f in /usr/lib/mpv-mpris/mpris.so /usr/lib/*/mpv-mpris/mpris.so /usr/lib*/mpv/mpris.so /etc/mpv/scripts/mpris.so; do
			[ ! -e "$f" ] || return 0
		done
		;;
	fonts-*) command -v dpkg-query >/dev/null || return 0 ;; # other systems name them otherwise
	esac
	command -v dpkg-query >/dev/null &&
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# missing TARGET: the lines of packages that are not there.
missing() {
	packages "$1" | while IFS='|' read -r name why without; do
		there "$name" || printf '%s|%s|%s\n' "$name" "$why" "$without"
	done
}

names() { cut -d'|' -f1 | tr '\n' ' ' | sed 's/ $//'; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "deps: not root, and there is no sudo" >&2
		return 1
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"
}

# install NAMES…: the package lists are fetched only when the ones on the
# machine do not do: never fetched, or naming versions that are gone. When one
# package cannot be had, the others still are.
install() {
	if apt install -y --no-install-recommends "$@" >/dev/null 2>&1; then
		return
	fi
	echo "deps: fetching the package lists"
	apt update || return 1
	apt install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
	for one; do
		apt install -y --no-install-recommends "$one" >/dev/null || echo "deps: $one could not be installed" >&2
	done
}

# borrow PACKAGE PROGRAM: takes one program out of a package that does more
# than that when it is installed, into build/borrowed.
borrow() {
	into=$(dirname "$0")/../build/borrowed/${2##*/}
	if command -v "${2##*/}" >/dev/null || [ -e "$into" ]; then
		return
	fi
	dir=$(mktemp -d)
	if (cd "$dir" && apt-get -qq download "$1" >/dev/null 2>&1 && dpkg-deb -x ./*.deb .) && [ -e "$dir/$2" ]; then
		mkdir -p "${into%/*}" && cp "$dir/$2" "$into"
		echo "deps: took ${2##*/} out of $1, which is not installed"
	else
		echo "deps: without ${2##*/} of $1: the test that uses it skips" >&2
	fi
	rm -rf "$dir"
}

# verdict TARGET: says what will not work; fails when something essential is missing.
verdict() {
	left=$(missing "$1")
	[ -n "$left" ] || return 0
	echo "$left" | while IFS='|' read -r name why without; do
		if [ "$without" = essential ]; then
			echo "deps: $name is missing and needed ($why)" >&2
		else
			echo "deps: without $name: $without" >&2
		fi
	done
	! echo "$left" | grep -q '|essential$'
}

case ${1-} in
run | test | page | pictures | tv | vm | appliance | loaders | cache | pairing | rauc | deb) target=$1 ;;
*)
	echo "usage: tools/deps.sh run|test|page|pictures|tv|vm|appliance|loaders|cache|pairing|rauc|deb" >&2
	exit 2
	;;
esac

# more: what a target takes besides packages.
more() {
	if [ "$target" = test ] && command -v dpkg-deb >/dev/null; then
		borrow systemd-boot usr/bin/bootctl # the package is a boot loader, and installs itself
	fi
}

wanted=$(missing "$target")
if [ -z "$wanted" ]; then
	more
	exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "deps: this is not a Debian system. Install what these Debian packages hold, then try again:" >&2
	echo "$wanted" | while IFS='|' read -r name why _; do printf '  %-22s %s\n' "$name" "$why" >&2; done
	exit 3
fi

echo "deps: installing from Debian"
echo "$wanted" | while IFS='|' read -r name why _; do printf '  %-22s %s\n' "$name" "$why"; done
[ "$(id -u)" = 0 ] || ! command -v sudo >/dev/null || echo "deps: sudo may ask for your password"
# shellcheck disable=SC2046 # one word for each package is what is wanted
install $(echo "$wanted" | names) || echo "deps: apt failed; see above" >&2
more
verdict "$target"
