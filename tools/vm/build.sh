#!/bin/bash
# Makes the guest of the bench: Debian's kernel and an initramfs with busybox,
# v4l-utils and the modules that pretend to be HDMI and input hardware.
#
#   tools/vm/build.sh FOLDER     leaves FOLDER/vmlinuz and FOLDER/base.cpio.gz
#
# For the appliance (tools/vm/appliance) it also leaves FOLDER/appliance: the
# modules of a whole box, and usher-boot.modules, those that lead to its disk.
#
# Packages come from the Debian archive that this machine uses, through a
# private state of apt: nothing of the machine's own packages is touched, and
# no root is needed. What is there already is kept; remove FOLDER to renew it.
# USHER_VM_SUITE (trixie) and USHER_VM_ARCHIVE choose another source.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
suite=${USHER_VM_SUITE:-trixie}
mkdir -p "${1:?usage: tools/vm/build.sh FOLDER}"
out=$(cd "$1" && pwd)

packages="busybox-static v4l-utils evtest"
programs="cec-ctl cec-follower cec-compliance v4l2-ctl evtest"
modules="vivid uinput evdev"
disk="virtio_pci virtio_blk crc32c_generic ext4"
bundles="loop squashfs dm_verity" # RAUC reads its own with these
box="$disk virtio_net i6300esb vivid uinput evdev $bundles"

stamp="$suite $packages $programs $modules $box $(cat "$here/build.sh" "$here/guest/init" | cksum)"
[ ! -s "$out/base.cpio.gz" ] || [ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

die() { echo "vm: $*" >&2 && exit 1; }
quiet() { "$@" >"$out/log" 2>&1 || { tail -n 5 "$out/log" >&2; return 1; }; }

# apt COMMAND…: with a state of its own.
own() {
	local command=$1
	shift
	"$command" -q -o Dir::State::lists="$out/apt/lists" -o Dir::State::status="$out/apt/status" -o Dir::Cache="$out/apt" \
		-o Dir::Etc::sourcelist="$out/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Default-Release="$suite" -o APT::Sandbox::User=root "$@"
}

# The archives of this machine's own sources; security and others fall out.
archives() {
	[ -z "${USHER_VM_ARCHIVE-}" ] || { echo "$USHER_VM_ARCHIVE" && return; }
	apt-get --print-uris update 2>/dev/null |
		sed -nE "s#^'(.*)/dists/(bookworm|trixie|forky|sid|(old)*stable|testing)/InRelease'.*#\1#p" | awk '!seen[$0]++'
}

open_archive() {
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r $keys ] || die "no $keys: install debian-archive-keyring"
	rm -rf "$out/apt"
	mkdir -p "$out/apt/lists/partial" "$out/apt/archives/partial"
	: >"$out/apt/status"
	printf "deb [signed-by=$keys] $1 %s main\n" "$suite" "${suite%-backports}" | sort -u >"$out/apt/sources.list"
	own apt-get update >"$out/log" 2>&1 && own apt-cache show linux-image-amd64 >/dev/null 2>&1
}

download() {
	local archive image
	for archive in $(archives) none; do
		[ "$archive" != none ] || die "no archive of this machine's apt sources has $suite: set USHER_VM_ARCHIVE"
		! open_archive "$archive" || break
	done
	image=$(own apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	rm -rf "$out/debs" && mkdir -p "$out/debs/kernel"
	# shellcheck disable=SC2046,SC2086 # lists of names
	(cd "$out/debs" && quiet own apt-get download "$image" $(own apt-cache depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances $packages | grep '^[a-z]' | sort -u)) || die "a package could not be fetched"
	mv "$out/debs/$image"_*.deb "$out/debs/kernel/"
}

unpack() {
	local deb
	rm -rf "$out/files" "$out/kernel" "$out/root"
	for deb in "$out"/debs/*.deb; do dpkg-deb -x "$deb" "$out/files"; done
	dpkg-deb -x "$out"/debs/kernel/*.deb "$out/kernel"
	[ -d "$out/kernel/lib/modules" ] || { mkdir -p "$out/kernel/lib" && mv "$out/kernel/usr/lib/modules" "$out/kernel/lib/"; }
	cp "$out"/kernel/boot/vmlinuz-* "$out/vmlinuz"
}

found() { find "$out/files" -path "*bin/$1" -type f -print -quit; }

install_programs() {
	local name root=$out/root
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,etc,usr/bin,lib64,lib/x86_64-linux-gnu}
	install "$(found busybox)" "$root/bin/busybox"
	ln -s /bin/busybox "$root/sbin/modprobe" # the kernel calls it by this name
	for name in $programs; do install "$(found "$name")" "$root/usr/bin/$name"; done
	find "$out/files" -path '*/x86_64-linux-gnu/*' -name '*.so*' \( -type f -o -type l \) ! -path '*/gconv/*' \
		-exec cp -a -t "$root/lib/x86_64-linux-gnu/" {} +
	cp -L "$(find "$out/files" -name ld-linux-x86-64.so.2 -print -quit)" "$root/lib64/"
	echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
	install "$here/guest/init" "$root/init"
}

# depends MODULE…: their files and those they need, in the order of loading.
depends() {
	local module
	for module; do
		modprobe -d "$out/kernel" -S "$version" --show-depends "$module" 2>/dev/null || die "kernel $version has no module $module"
	done | sed -nE 's#^insmod .*/lib/modules/([^ ]*).*#\1#p' | awk '!seen[$0]++'
}

# install_modules ROOT MODULE…
install_modules() {
	local file to=$1/lib/modules
	shift
	depends "$@" | while read -r file; do
		install -D -m 644 "$out/kernel/lib/modules/$file" "$to/$file"
		case $file in *.xz) xz -d "$to/$file" ;; esac
	done
	cp "$out/kernel/lib/modules/$version"/modules.{builtin,order} "$to/$version/"
	depmod -b "${to%/lib/modules}" "$version"
}

echo "vm: fetching packages of $suite"
download
unpack
install_programs
version=$(basename "$out"/kernel/lib/modules/*)
depmod -b "$out/kernel" "$version"
# shellcheck disable=SC2086 # lists of names
{
	install_modules "$out/root" $modules
	rm -rf "$out/appliance"
	install_modules "$out/appliance" $box
	depends $disk | sed 's#^#/lib/modules/#; s#\.xz$##' >"$out/appliance/usher-boot.modules"
}
echo "vm: kernel $version"
(cd "$out/root" && find . | LC_ALL=C sort | cpio -o -H newc -R +0:+0 --quiet) | gzip -6n >"$out/base.cpio.gz"
rm -rf "$out/files" "$out/kernel" "$out/root" "$out/debs" "$out/apt"
echo "$stamp" >"$out/stamp"
