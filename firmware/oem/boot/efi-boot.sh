#!/bin/sh
# What the EFI partition of such a machine has beside GRUB's program: grub.cfg,
# and the environment that names slot a.
#
#   efi-boot.sh FOLDER      of EFI/BOOT
set -eu

mkdir -p "$1"
cp "$(dirname "$0")/grub.cfg" "$1/grub.cfg"
# GRUB's block: 1024 bytes, what is left of them is #.
{ printf '# GRUB Environment Block\nusher_boot=a\n' && printf '%1024s' '' | tr ' ' '#'; } | head -c 1024 >"$1/grubenv"
