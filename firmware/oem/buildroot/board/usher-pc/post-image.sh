#!/bin/sh
# Makes the disk of this board out of what Buildroot built: images/usher.img.
#
#   post-image.sh IMAGES    called by Buildroot, which sets BR2_CONFIG, BINARIES_DIR,
#                           HOST_DIR and BR2_EXTERNAL_USHER_PATH
set -eu

PATH=$HOST_DIR/bin:$HOST_DIR/sbin:$PATH
board=$BR2_EXTERNAL_USHER_PATH/board/usher-pc
version=$(sed -n 's/^BR2_PACKAGE_USHER_FIRMWARE_VERSION="\(.*\)"$/\1/p' "$BR2_CONFIG")

"$BR2_EXTERNAL_USHER_PATH/../boot/efi-boot.sh" "$BINARIES_DIR/efi-part/EFI/BOOT"
rm -f "$BINARIES_DIR/usher-record.img" "$BINARIES_DIR/data.ext4"
mkfs.ext4 -q -L usher-data "$BINARIES_DIR/data.ext4" 512M
usher-release record -version "$version" "$BINARIES_DIR/usher-record.img"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/root"
genimage --rootpath "$tmp/root" --tmppath "$tmp/genimage" --inputpath "$BINARIES_DIR" --outputpath "$BINARIES_DIR" \
	--config "$board/genimage.cfg"
