#!/bin/sh
# What the root file system of a machine with UEFI, GRUB and two slots has
# besides: the mounts of the partitions that both slots share, and what may be
# written by whoever writes the slots. It may run twice.
#
#   efi-root.sh ROOT        Buildroot (post-build) and Yocto (usher-image) call it
set -eu

root=$1
# GRUB looks for the kernel at the top of each slot (grub.cfg).
for kernel in "$root"/boot/bzImage*; do
	[ ! -f "$kernel" ] || ln -sfn "boot/${kernel##*/}" "$root/vmlinuz"
done

mkdir -p "$root/boot/efi" "$root/etc"
touch "$root/etc/fstab"
sed -i '/PARTLABEL=usher-/d' "$root/etc/fstab"
cat >>"$root/etc/fstab" <<'EOF'
PARTLABEL=usher-efi /boot/efi vfat rw,noatime,gid=usher-slots,umask=0007 0 2
PARTLABEL=usher-data /var ext4 rw,noatime 0 2
EOF

unit=$root/etc/systemd/system/usher-slots.service.d
mkdir -p "$unit"
cat >"$unit/board.conf" <<'EOF'
[Service]
ReadWritePaths=/boot/efi/EFI/BOOT
DeviceAllow=
DeviceAllow=/dev/disk/by-partlabel/usher-a rw
DeviceAllow=/dev/disk/by-partlabel/usher-b rw
DeviceAllow=/dev/disk/by-partlabel/usher-record rw
EOF
