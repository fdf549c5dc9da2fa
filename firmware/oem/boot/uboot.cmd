# Which of Usher's slots U-Boot starts (docs/firmware.md, "Boot loaders"). The
# choice is one letter in the environment, which Usher writes and this counts
# down. U-Boot needs CONFIG_SYS_REDUNDAND_ENVIRONMENT, CONFIG_HUSH_PARSER and an
# environment on eMMC; make the script by
#   mkimage -A arm64 -T script -d uboot.cmd boot.scr
# An image changes what stands after the last comment.

slot=a
next=none
if test "${usher_boot}" = b; then slot=b; fi
if test "${usher_boot}" = 3; then slot=b; next=2; fi
if test "${usher_boot}" = 2; then slot=b; next=1; fi
if test "${usher_boot}" = 1; then slot=b; next=0; fi
if test "${usher_boot}" = 7; then next=6; fi
if test "${usher_boot}" = 6; then next=5; fi
if test "${usher_boot}" = 5; then next=4; fi
if test "${usher_boot}" = 4; then slot=b; fi

setenv usher_word
if test ${next} != none; then
	setenv usher_boot ${next}
	# A start that cannot be counted is not made.
	if saveenv; then
		setenv usher_word usher.trial=1
	elif test ${slot} = a; then
		slot=b
	else
		slot=a
	fi
fi

# What is started.
part=2
if test ${slot} = b; then part=3; fi
setenv bootargs "root=PARTLABEL=usher-${slot} ro quiet usher.slot=${slot} ${usher_word}"
load mmc 0:${part} ${kernel_addr_r} /boot/Image
load mmc 0:${part} ${fdt_addr_r} /boot/box.dtb
booti ${kernel_addr_r} - ${fdt_addr_r}
