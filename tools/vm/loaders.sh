#!/bin/bash
# What starts by the choice of slots, on the boot loaders themselves: Debian's
# GRUB and U-Boot with the scripts of firmware/oem/boot, and its systemd-boot, in
# QEMU, without KVM or root. make e2e-loaders runs it.
#
# GRUB starts a disk again and again and counts in its own block; then it meets a
# disk that it cannot write. Debian's U-Boot for QEMU keeps no environment on a
# disk, so there saveenv fails (a start that cannot be counted is not made), and
# for the count the script runs with a saveenv that works.
# Exit: 0 all passed, 1 not, 2 a tool is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/loaders
PATH=$PATH:/usr/sbin:/sbin
for tool in qemu-system-i386 qemu-system-x86_64 grub-mkimage grub-editenv mke2fs debugfs; do
	command -v $tool >/dev/null || { echo "loaders: no $tool: run tools/deps.sh loaders" >&2 && exit 2; }
done
mkdir -p "$out" && cd "$out"
if [ ! -d x ]; then # programs only: nothing is installed, so no boot loader of this machine changes
	apt-get -qq download grub-pc-bin grub-efi-amd64-bin u-boot-qemu u-boot-tools qemu-system-arm systemd-boot-efi ovmf mtools dosfstools 2>/dev/null
	for deb in *.deb; do dpkg -x "$deb" x.part; done
	rm -f -- *.deb && mv x.part x
fi
bad=0
said() { # WHAT WANTED GOT
	if [ "$2" = "$3" ]; then echo "ok    $1"; else bad=1 && printf 'FAIL  %s\n  want %s\n  got  %s\n' "$1" "$2" "$3"; fi
}

# grub_disk SCRIPT VARIABLE=VALUE…: a disk with the script, which says what it
# would start.
grub_disk() {
	rm -rf tree disk.img && mkdir -p tree/boot/grub
	sed '/; then set usher_part/,$d' "$root/firmware/oem/$1" >tree/boot/grub/grub.cfg
	shift
	printf 'echo "RESULT $usher_slot $usher_word"\nhalt\n' >>tree/boot/grub/grub.cfg
	grub-editenv tree/boot/grub/grubenv create
	grub-editenv tree/boot/grub/grubenv set saved_entry=kept "$@"
	mke2fs -q -t ext4 -d tree disk.img 16M >/dev/null 2>&1
	printf 'serial\nterminal_output serial\nset prefix=(hd0)/boot/grub\nconfigfile (hd0)/boot/grub/grub.cfg\n' >early.cfg
	grub-mkimage -d x/usr/lib/grub/i386-pc -O i386-pc -o core.img -p '(hd0)/boot/grub' -c early.cfg \
		biosdisk ext2 normal configfile loadenv test echo serial terminal halt
	cat x/usr/lib/grub/i386-pc/lnxboot.img core.img >kernel
}

# grub_start [DRIVE]: what GRUB starts, and the block that it leaves.
grub_start() {
	timeout 120 qemu-system-i386 -accel tcg -m 64 -nographic -no-reboot -nic none -kernel kernel \
		-drive "file=disk.img,format=raw,${1:-if=ide}" </dev/null 2>&1 | tr -d '\r' | grep -ao 'RESULT [abAB] *[a-z.=1]*' | tr '\n' ' ' || true
	debugfs -R 'cat /boot/grub/grubenv' disk.img 2>/dev/null | grep -a = | tr '\n' ' '
}

for start in '3 2b' '2 1b' '1 0b' '0 0a' '7 6a' '4 4b' 'b bb'; do
	read -r from to <<<"$start"
	grub_disk boot/grub.cfg usher_boot="$from"
	word=''
	[[ $to != [0-36]* || $to = 0a ]] || word=usher.trial=1
	said "GRUB: $from" "RESULT ${to:1} $word saved_entry=kept usher_boot=${to:0:1} " "$(grub_start)"
done
grub_disk boot/grub.cfg usher_boot=3
for n in 'b usher.trial=1' 'b usher.trial=1' 'b usher.trial=1' 'a ' 'a '; do
	got=$(grub_start)
	said "GRUB: slot b on trial, one start after the other" "RESULT $n" "${got%% saved_entry*}"
done
grub_disk boot/grub.cfg usher_boot=3
got=$(grub_start if=virtio,readonly=on)
said "GRUB: a start that cannot be counted" "RESULT a  saved_entry=kept usher_boot=3 " "$got"

# The same with what RAUC writes: ORDER, OK and TRY of A, OK and TRY of B.
while read -r order from want to; do
	read -r aok atry bok btry <<<"${from//,/ }"
	IFS=, read -r wa wb <<<"$to"
	grub_disk rauc/grub.cfg ORDER="${order/,/ }" A_OK="$aok" A_TRY="$atry" B_OK="$bok" B_TRY="$btry"
	got=$(grub_start)
	for n in "RESULT $want " "A_TRY=$wa" "B_TRY=$wb" "saved_entry=kept"; do
		[[ $got = *"$n"* ]] || { said "GRUB for RAUC: $order $from" "$n" "$got" && continue 2; }
	done
	said "GRUB for RAUC: $order $from" "" ""
done <<-'END'
	A,B 1,0,0,0 A 1,0
	B,A 1,0,1,0 B 0,1
	B,A 1,0,1,1 B 0,2
	B,A 1,0,1,2 B 0,3
	B,A 1,0,1,3 A 1,3
	B,A 1,0,0,0 A 1,0
	B,A 1,3,1,3 A 3,3
	A,B 1,3,0,0 A 3,0
	A,B 1,3,1,0 B 3,1
END
grub_disk rauc/grub.cfg ORDER="B A" A_OK=1 A_TRY=0 B_OK=1 B_TRY=0
got=$(grub_start if=virtio,readonly=on)
said "GRUB for RAUC: a start that cannot be counted" "RESULT A B_TRY=0" "$(sed -E 's/ +/ /g; s/(RESULT .).*(B_TRY=.).*/\1 \2/' <<<"$got")"
grub_disk rauc/grub.cfg ORDER="A B" A_OK=1 A_TRY=0 B_OK=0 B_TRY=0
said "GRUB for RAUC: nor is one of a slot that holds nothing" "RESULT A" "$(grub_start if=virtio,readonly=on | grep -o 'RESULT .')"

# U-Boot: one session at its prompt.
sed '/^# What is started/,$d' "$root/firmware/oem/boot/uboot.cmd" >real.cmd
echo 'echo RESULT ${usher_boot} ${slot} ${usher_word}' >>real.cmd
sed 's/if saveenv; then/if true; then/' real.cmd >true.cmd
rm -rf tree disk.img flash0 flash1 && mkdir tree
for n in real true; do x/usr/bin/mkimage -A arm64 -T script -d $n.cmd tree/$n.scr >/dev/null; done
mke2fs -q -t ext4 -d tree disk.img 16M >/dev/null 2>&1
cp x/usr/lib/u-boot/qemu_arm64/u-boot.bin flash0 && truncate -s 64M flash0 flash1
letters=(a b 3 2 1 0 7 6 5 4)
{
	for _ in $(seq 50); do printf '\n' && sleep 0.2; done # until its prompt is there
	printf 'virtio scan\n' && sleep 2
	for n in true=0x42000000 real=0x43000000; do printf 'load virtio 0 %s %s.scr\n' "${n#*=}" "${n%=*}" && sleep 2; done
	for l in "${letters[@]}"; do printf 'setenv usher_boot %s; source 0x42000000\n' "$l" && sleep 1; done
	printf 'setenv usher_boot 3; source 0x43000000\n' && sleep 20
	printf 'poweroff\n' && sleep 2
} | timeout 240 x/usr/bin/qemu-system-aarch64 -accel tcg -M virt -cpu cortex-a57 -m 256 -nographic -no-reboot -nic none \
	-drive if=pflash,format=raw,file=flash0,readonly=on -drive if=pflash,format=raw,file=flash1 \
	-drive if=none,file=disk.img,format=raw,id=d -device virtio-blk-device,drive=d 2>&1 | tr -d '\r' >uboot.log || true
said "U-Boot: every letter, and a start that cannot be counted" \
	"a a|b b|2 b usher.trial=1|1 b usher.trial=1|0 b usher.trial=1|0 a|6 a usher.trial=1|5 a usher.trial=1|4 a usher.trial=1|4 b|2 a|" \
	"$(grep -a '^RESULT' uboot.log | sed 's/RESULT //; s/ *$//' | tr '\n' '|')"

# systemd-boot: on a UEFI in QEMU, with entries that say which they are.
rm -f esp.img && truncate -s 64M esp.img && x/sbin/mkfs.fat -F 32 esp.img >/dev/null
x/usr/bin/mmd -i esp.img ::EFI ::EFI/BOOT ::loader ::loader/entries
esp() { x/usr/bin/mcopy -i esp.img "$1" "::$2"; }
esp x/usr/lib/systemd/boot/efi/systemd-bootx64.efi EFI/BOOT/BOOTX64.EFI
echo 'timeout 0' >loader.conf && esp loader.conf loader/loader.conf
for entry in usher-2-a.conf usher-3-b+3.conf; do
	slot=${entry:8:1}
	printf 'serial\nterminal_output serial\necho "RESULT slot %s"\nhalt\n' "$slot" >early.cfg
	grub-mkimage -d x/usr/lib/grub/x86_64-efi -O x86_64-efi -o "$slot.efi" -p /none -c early.cfg echo serial terminal halt normal
	printf 'title Usher\nefi /%s.efi\noptions usher.slot=%s\n' "$slot" "$slot" >entry.conf
	esp "$slot.efi" "$slot.efi" && esp entry.conf "loader/entries/$entry"
done
cp x/usr/share/OVMF/OVMF_VARS.fd vars.fd
for want in 'b+2-1' 'b+1-2' 'b+0-3' 'a+0-3' 'a+0-3'; do
	got=$(timeout 120 qemu-system-x86_64 -accel tcg -m 256 -nographic -no-reboot -nic none \
		-drive if=pflash,format=raw,readonly=on,file=x/usr/share/OVMF/OVMF_CODE.fd -drive if=pflash,format=raw,file=vars.fd \
		-drive file=esp.img,format=raw,if=ide </dev/null 2>&1 | tr -d '\r' | grep -ao 'RESULT slot [ab]' || true)
	said "systemd-boot: slot b on trial, one start after the other" "RESULT slot ${want:0:1} usher-3-b${want:1}" \
		"$got $(x/usr/bin/mdir -b -i esp.img ::loader/entries | grep -o 'usher-3.*[0-9]')"
done
exit $bad
