SUMMARY = "A box on two slots, for machines with UEFI"
DESCRIPTION = "A read-only root with Usher, and a disk with GRUB, two slots, the boot record and what both firmwares share."
LICENSE = "Apache-2.0"

inherit core-image

IMAGE_INSTALL = "packagegroup-core-boot kernel-image usher ${CORE_IMAGE_EXTRA_INSTALL}"
IMAGE_FEATURES += "read-only-rootfs"
IMAGE_LINGUAS = ""
IMAGE_FSTYPES = "ext4 wic"

# Blocks of 4 KiB, the same each time: updates fetch what changed (docs/firmware.md).
EXTRA_IMAGECMD:ext4 = "-O ^64bit -b 4096 -U 3f1c8a52-6c0e-4f0a-9a55-7573686572aa -E hash_seed=3f1c8a52-6c0e-4f0a-9a55-7573686572bb"

ROOTFS_POSTPROCESS_COMMAND += "usher_root"
usher_root() {
	${USHER_BOOT}/efi-root.sh ${IMAGE_ROOTFS}
}

# The disk: files/wic/usher-ab.wks.in.
WKS_FILE = "usher-ab.wks.in"
IMAGE_EFI_BOOT_FILES = "usher-efi/grubenv;EFI/BOOT/grubenv"
do_image_wic[depends] += "usher-release-native:do_populate_sysroot grub-efi:do_deploy dosfstools-native:do_populate_sysroot mtools-native:do_populate_sysroot"
do_image_wic[prefuncs] += "usher_disk"
# The version of your firmware, not Usher's: later releases have to be above it.
USHER_FIRMWARE_VERSION ?= "1"
usher_disk() {
	${USHER_BOOT}/efi-boot.sh ${DEPLOY_DIR_IMAGE}/usher-efi
	rm -f ${WORKDIR}/usher-record.img
	usher-release record -version ${USHER_FIRMWARE_VERSION} ${WORKDIR}/usher-record.img
}
