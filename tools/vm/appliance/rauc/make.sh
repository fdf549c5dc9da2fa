#!/bin/bash
# Makes what a box that keeps RAUC has besides others, as firmware/oem/rauc and
# docs/firmware.md tell a maker of boxes.
#
#   make.sh system FOLDER VMLINUZ      puts RAUC's configuration, kernel and initrd into FOLDER/tree
#   make.sh loader FOLDER              leaves FOLDER/grub, which QEMU starts, and FOLDER/load, its partition
#   make.sh bundle FOLDER VERSION      signs FOLDER/images/VERSION: FOLDER/images/VERSION.raucb
#
# Keys are made on the spot, in FOLDER/work/signer. RAUC, GRUB and openssl are those of
# FOLDER/debian (root.sh), so that this machine needs none. Needs root.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
oem=$here/../../../../firmware/oem/rauc
out=$(cd "$2" && pwd)
work=$out/work # /mnt inside
more=${3-}
mkdir -p "$work"
# inside COMMAND…: RAUC finds its own open files in /proc.
inside() {
	# shellcheck disable=SC2016 # for the shell in there
	unshare -m sh -euc 'mount -t proc proc "$0/proc" && mount --bind "$0/../work" "$0/mnt" && exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C "$@"' "$out/debian" "$@"
}

keys() {
	local dir=$work/signer
	rm -rf "$dir" && mkdir -m 700 "$dir"
	inside sh -euc 'cd /mnt/signer
openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -subj "/CN=Lantern root" -days 30 -out ca.pem
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
printf "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,codeSigning,emailProtection\n" >ext
openssl req -new -key key.pem -subj "/CN=Lantern releases" | openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out cert.pem' 2>"$out/keys.log" ||
		{ cat "$out/keys.log" >&2; exit 1; }
}

system() {
	local tree=$out/tree
	keys
	install -d "$tree/boot" "$tree/etc/rauc" "$tree/etc/systemd/system/rauc.service.d" "$out/var/lib/rauc"
	sed 's/^compatible=.*/compatible=lantern-one/; s#^bootloader=.*#bootloader=grub\ngrubenv=/boot/grub/grubenv#' "$oem/system.conf" >"$tree/etc/rauc/system.conf"
	install -m 644 "$work/signer/ca.pem" "$tree/etc/rauc/keyring.pem"
	install -m 644 "$oem/usher.conf" "$tree/etc/systemd/system/rauc.service.d/"
	install -m 644 "$oem/de.pengutronix.rauc.conf" "$tree/usr/share/dbus-1/system.d/"
	echo 'PARTLABEL=usher-grub /boot ext4 nodev,nosuid 0 0' >>"$tree/etc/fstab"
	# shellcheck disable=SC2016 # for the guest
	sed -i 's#\$(cat /run/usher-boot/slot)#$(cat /run/slot)#' "$tree/usr/lib/usher/lab"
	install -m 644 "$more" "$tree/vmlinuz"
	install -m 644 "$out/initrd" "$tree/initrd"
}

loader() {
	local dir=$out/grub-files
	rm -rf "$dir" "$out/load" && mkdir -p "$dir/grub"
	# shellcheck disable=SC2016 # for GRUB
	sed 's#ro quiet#ro console=ttyS0 quiet loglevel=3 panic=5#; /^	linux/a\	initrd (hd0,$usher_part)/initrd' "$oem/grub.cfg" >"$dir/grub/grub.cfg"
	printf 'serial\nterminal_input serial\nterminal_output serial\nset prefix=(hd0,gpt1)/grub\nconfigfile (hd0,gpt1)/grub/grub.cfg\n' >"$work/early.cfg"
	inside sh -euc 'grub-editenv /mnt/grubenv create
grub-mkimage -d /usr/lib/grub/i386-pc -O i386-pc -o /mnt/core.img -p "(hd0,gpt1)/grub" -c /mnt/early.cfg biosdisk part_gpt ext2 linux normal configfile loadenv test echo serial terminal'
	cat "$out/debian/usr/lib/grub/i386-pc/lnxboot.img" "$work/core.img" >"$out/grub"
	mv "$work/grubenv" "$dir/grub/"
	mkfs.ext4 -q -F -b 1024 -J size=1 -m 0 -d "$dir" "$out/load" 3M
}

bundle() {
	local dir=$work/bundle
	rm -rf "$dir" && mkdir -p "$dir/in"
	cp --sparse=always "$out/images/$more" "$dir/in/rootfs.img"
	printf '[update]\ncompatible=lantern-one\nversion=%s\n[bundle]\nformat=verity\n[image.rootfs]\nfilename=rootfs.img\n' "$more" >"$dir/in/manifest.raucm"
	inside rauc --cert /mnt/signer/cert.pem --key /mnt/signer/key.pem --keyring /mnt/signer/ca.pem bundle \
		--mksquashfs-args='-comp zstd -Xcompression-level 3 -no-progress' /mnt/bundle/in /mnt/bundle/out.raucb >"$out/bundle.log" 2>&1 || { cat "$out/bundle.log" >&2; exit 1; }
	mv "$dir/out.raucb" "$out/images/$more.raucb"
	rm -rf "$dir"
}

case $1 in
system | loader | bundle) "$1" ;;
*) echo "usage: make.sh system|loader|bundle FOLDER …" >&2 && exit 2 ;;
esac
