#!/bin/bash
# Wi-Fi on real radios: Debian's NetworkManager and iwd, each on Debian's kernel in
# QEMU, whose mac80211_hwsim makes radios that hear each other, with hostapd at the
# other end. The whole daemon looks around, is refused a password, joins, is given
# no address, joins what it knows, what is hidden and what is called by no text, and forgets.
#
#   tools/vm/wifi.sh [-v] [NetworkManager] [iwd]     both without a name; -v shows the guest
#
# make e2e-vm-wifi runs it; it takes some minutes, and needs root and the Debian
# archive the first time (mmdebstrap). Logs stay in build/vm-wifi; USHER_BUILT=1
# takes the test program that is there.
# Exit: 0 all passed, 1 not, 2 a tool is missing.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/vm-wifi
suite=bookworm
packages=dbus,network-manager,wpasupplicant,iwd,hostapd,iw,iproute2,kmod,busybox-static

show=''
[ "${1-}" != -v ] || { show=yes && shift; }
[ $# -gt 0 ] || set -- NetworkManager iwd
for tool in qemu-system-x86_64 mmdebstrap cpio depmod; do
	command -v $tool >/dev/null || { echo "vm: no $tool: run tools/deps.sh vm" >&2 && exit 2; }
done
mkdir -p "$out"

# system: Debian with both managers and the router, without what they do not need.
system() {
	[ ! -e "$out/tree.ready" ] || return 0
	echo "vm: fetching packages of $suite"
	rm -rf --one-file-system "$out/tree"
	mmdebstrap --quiet --mode=root --variant=essential --include=$packages $suite "$out/tree" >"$out/debian.log" 2>&1 || { tail -n 5 "$out/debian.log" >&2; exit 1; }
	local tree=$out/tree
	rm -rf "$tree"/usr/share/{doc,man,info,locale,i18n,lintian,bash-completion,bug,perl*,zoneinfo} "$tree"/usr/lib/x86_64-linux-gnu/{perl*,gconv} \
		"$tree"/usr/bin/{perl*,dpkg*,apt*,localedef} "$tree"/var/lib/{apt,dpkg} "$tree"/var/cache/* "$tree"/usr/lib/{udev,systemd,firmware}
	touch "$out/tree.ready"
}

# kernel: the same suite's, with the radios and the ciphers that are used on them.
kernel() {
	[ ! -s "$out/vmlinuz" ] || return 0
	local image version from to part
	image=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	rm -rf "$out/deb" && mkdir -p "$out/deb"
	(cd "$out/deb" && apt-get download -q "$image" >"$out/kernel.log" 2>&1 && dpkg-deb -x "$image"_*.deb files) || { tail -n 5 "$out/kernel.log" >&2; exit 1; }
	from=$(echo "$out"/deb/files/lib/modules/*) version=$(basename "$from") to=$out/tree/usr/lib/modules/$version
	depmod -b "$out/deb/files" "$version"
	{
		modprobe -d "$out/deb/files" -S "$version" --show-depends mac80211_hwsim | sed -nE 's#^insmod .*/lib/modules/[^/]*/([^ ]*).*#\1#p'
		(cd "$from" && find kernel/crypto kernel/arch/x86/crypto kernel/lib/crypto -name '*.ko*') # iwd asks the kernel for its ciphers
	} | sort -u | while read -r part; do install -D -m 644 "$from/$part" "$to/$part"; done
	cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
	depmod -b "$out/tree" "$version"
	cp "$out"/deb/files/boot/vmlinuz-* "$out/vmlinuz"
	rm -rf "$out/deb"
}

run() {
	local dir=$out/$1
	rm -rf "$dir" && mkdir -p "$dir"
	install "$out/usherd.test" "$out/tree/usherd.test"
	install "$here/guest/wifi.sh" "$out/tree/init"
	echo "MANAGER=$1" >"$out/tree/settings"
	(cd "$out/tree" && find . | LC_ALL=C sort | cpio -o -H newc -R +0:+0 --quiet) | gzip -1n >"$dir/initrd"
	timeout 540 qemu-system-x86_64 -accel tcg -smp 2 -cpu max -M q35 -m 1536 -nodefaults -no-user-config -display none -no-reboot -nic none \
		-kernel "$out/vmlinuz" -initrd "$dir/initrd" -append "console=ttyS0 quiet panic=-1" -serial stdio </dev/null 2>"$dir/qemu.log" | tr -d '\r' |
		{ if [ -n "$show" ]; then tee "$dir/console.log"; else cat >"$dir/console.log"; fi; } || echo "vm: QEMU ended with $?"
	rm -f "$dir/initrd"
	if grep -q '^VM passed' "$dir/console.log"; then
		echo "ok    $1"
		return 0
	fi
	echo "FAIL  $1"
	grep -E '^VM (FAIL|broken)|guestwifi_test.go|panic' "$dir/console.log" | sed 's/^/      /' | head -n 30
	echo "      logs: build/vm-wifi/$1"
	return 1
}

system
kernel
[ -n "${USHER_BUILT-}" ] || (cd "$root" && CGO_ENABLED=0 GOARCH=amd64 go test -c -ldflags=-s -o "$out/usherd.test" ./cmd/usherd)
status=0
for manager; do
	run "$manager" || status=1
done
exit $status
