#!/bin/bash
# The CEC of Usher on a real kernel: Debian's 6.12 in QEMU, its vivid driver as
# HDMI cable, without KVM, root or hardware. make e2e-vm runs it.
#
#   tools/vm/e2e.sh [-v] [CASE…]     all cases without a name; -v shows the guest
#
# Cases: 2.0, 2.0-deck and 1.4 are the examination by cec-compliance, none the
# same without a box (it must not pass); rival, keys, hotplug, kill, rebind,
# outputs, rest, volume, power, off and binding are what it does not examine; remote is a remote
# made by uinput, read by device/remote/evdev; usherd is the whole daemon with a film
# (make streams) on a simulated player: its television, its memory, its end by kill -9;
# keymap is the same with a remote of its own, and a keymap that changes under it;
# latency is the same from a key to the player, by both remotes; binding32 and remote32
# are a 32-bit program on the same kernel, whose input events are smaller; arch runs the
# tests of the drivers as arm and arm64 programs, by qemu-user.
# The guest's clock jumps to the next timer whenever it is idle, so that a run
# takes seconds and repeats. Logs stay in build/vm/CASE.
# Exit: 0 all passed, 1 not, 2 a tool is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/vm
all=(2.0 2.0-deck 1.4 none rival keys hotplug kill rebind outputs rest volume power off binding remote usherd latency binding32 remote32 arch)

show=''
[ "${1-}" != -v ] || { show=yes && shift; }
[ $# -gt 0 ] || set -- "${all[@]}"
for tool in qemu-system-x86_64 cpio depmod xz; do
	PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || { echo "vm: no $tool: run tools/deps.sh vm" >&2 && exit 2; }
done

"$here/build.sh" "$out"
cd "$root"
CGO_ENABLED=0 GOARCH=amd64 go build -o "$out/cecbox" ./device/cec/cecdev/cecbox
CGO_ENABLED=0 GOARCH=amd64 go build -ldflags=-s -o "$out/bin/" ./cmd/usherd ./cmd/usher ./device/remote/remotetest/handset
for arch in amd64 386; do
	CGO_ENABLED=0 GOARCH=$arch go test -c -o "$out/cecdev.test.$arch" ./device/cec/cecdev
	CGO_ENABLED=0 GOARCH=$arch go test -c -o "$out/evdev.test.$arch" ./device/remote/evdev
done
CGO_ENABLED=0 GOARCH=amd64 go test -c -ldflags=-s -o "$out/bin/usherd.test" ./cmd/usherd

# What a device must show. A kernel alone passes most tests, since "not
# supported" counts as passed: so these are named with the result they must have.
expect() {
	local common="give-device-power-status=0 give-osd-name=0 set-osd-name=2 user-control-pressed=2 standby=0 no-wakeup-on-active-source=0"
	local two="$common give-device-features=0 set-stream-path=0 power-state-transitions=5"
	case $1 in
	2.0 | none) echo "$two" ;;
	2.0-deck) echo "$two give-deck-status=0 deck-control=0 play=0 deck-eject-standby-resume=0 deck-play-standby-resume=0" ;;
	1.4) echo "$common set-stream-path=2 menu-request=0" ;;
	esac | sed 's/\([a-z]\)/ \1/; s/ \([a-z]\)/ -e \1/g'
}

# whole CASE: it runs the whole daemon.
whole() { [ "$1" = usherd ] || [ "$1" = keymap ] || [ "$1" = latency ]; }

# house FOLDER: the daemon, its command, its tests and one film.
title=demo:monsoon-kitchen
house() {
	local films=${USHER_STREAMS:-${XDG_CACHE_HOME:-$HOME/.cache}/usher/streams} to=$1/run/.cache/usher/streams
	[ -d "$films/single" ] || { echo "vm: no film in $films: run make streams" >&2 && exit 2; }
	install "$out/bin/usherd" "$out/bin/usher" "$out/bin/usherd.test" "$out/bin/handset" "$1/"
	mkdir -p "$to" && cp -r "$films/VERSION" "$films/streams.json" "$films/single" "$to/"
}

# prepare CASE: what this run adds to the guest.
prepare() {
	local case=$1 dir=$out/$1 box='' script=$1 arch=amd64
	rm -rf "$dir" && mkdir -p "$dir/more"
	case $case in
	2.0) box='-deck=false' script=compliance ;;
	2.0-deck) script=compliance ;;
	1.4) box='-deck=false -cec 14' script=compliance ;;
	none) script=none ;;
	*32) script=${case%32} arch=386 ;;
	esac
	install "$out/cecbox" "$dir/more/"
	for test in cecdev evdev; do install -T "$out/$test.test.$arch" "$dir/more/$test.test"; done
	! whole "$case" || house "$dir/more"
	install "$here/guest/lib.sh" "$dir/more/lib.sh"
	install "$here/guest/$script.sh" "$dir/more/run.sh"
	printf "BOX='%s'\nEXPECT='%s'\nTITLE='%s'\n" "$box" "$(expect "$case")" "$title" >"$dir/more/settings"
	(cd "$dir/more" && find . | LC_ALL=C sort | cpio -o -H newc -R +0:+0 --quiet) | gzip -1n | cat "$out/base.cpio.gz" - >"$dir/initrd"
	rm -rf "$dir/more"
}

boot() {
	local dir=$out/$1 shift=2 cores=1 # 2^shift ns an instruction
	[ "$1" != latency ] || { shift=0 && cores=2; } # where time counts, no faster than a slow box
	timeout "$(whole "$1" && echo 600 || echo 240)" qemu-system-x86_64 -accel tcg,thread=single -icount shift=$shift,sleep=off -rtc clock=vm -smp $cores \
		-cpu max -M q35 -m 768 -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$out/vmlinuz" -initrd "$dir/initrd" -append "console=ttyS0 quiet panic=-1 transparent_hugepage=madvise" \
		-serial stdio -serial "file:$dir/box.log" -serial "file:$dir/tv.log" </dev/null 2>"$dir/qemu.log" | tr -d '\r' |
		{ if [ -n "$show" ]; then tee "$dir/console.log"; else cat >"$dir/console.log"; fi; } || echo "vm: QEMU ended with $?"
	rm -f "$dir/initrd"
}

# judge CASE: one line, and why it did not pass.
judge() {
	local case=$1 dir=$out/$1 total tests why=()
	grep -q '^VM end' "$dir/console.log" || why+=("the guest did not finish")
	case $case in
	2.0 | 2.0-deck | 1.4 | none)
		total=$(grep '^Total for' "$dir/console.log" | tail -n 1) || total="no total"
		tests=$(sed -nE 's/^Total for [^:]*: ([0-9]+),.*/\1/p' <<<"$total")
		local least=83
		[ "$case" != 1.4 ] || least=82
		[ "${tests:-0}" -ge $least ] || why+=("only ${tests:-0} tests ran, not $least")
		grep -q 'Failed: 0, Warnings: 0' <<<"$total" || why+=("$total")
		grep -q '^VM compliance exit 0 ' "$dir/console.log" || why+=("cec-compliance was not content")
		grep -q 'Wake up: OK' "$dir/console.log" || why+=("no wake")
		grep -q '^VM box alive' "$dir/console.log" || why+=("the box ended")
		! grep -q 'warn:' "$dir/tv.log" || why+=("the television's log has warnings")
		if [ "$case" = none ]; then
			if [ ${#why[@]} -gt 0 ]; then why=(); else why=("a kernel without a box passed: the gate is of no use"); fi
			total="no box: refused, as it must be"
		fi
		;;
	*)
		total="$(grep -c '^VM ok' "$dir/console.log" || true) checks"
		grep -q '^VM passed' "$dir/console.log" || why+=("$(grep -E '^VM (FAIL|broken)' "$dir/console.log" || echo 'no verdict')")
		;;
	esac
	if [ ${#why[@]} -eq 0 ]; then
		printf 'ok    %-9s %s\n' "$case" "$total"
		return 0
	fi
	printf 'FAIL  %-9s\n' "$case"
	printf '      %s\n' "${why[@]}"
	grep -E 'FAIL|fail:|warn:' "$dir/console.log" "$dir/tv.log" | sed "s#^$dir/#      #" | head -n 20
	echo "      logs: build/vm/$case"
	return 1
}

# foreign runs the tests of the drivers as programs of another machine.
foreign() {
	local arch=$1 qemu=$2 driver tests
	command -v "$qemu" >/dev/null || { echo "FAIL  arch      no $qemu: run tools/deps.sh vm" && return 1; }
	: >"$out/$arch.log"
	for driver in cec/cecdev remote/evdev panel; do
		CGO_ENABLED=0 GOARCH=$arch GOARM=7 go test -c -o "$out/foreign.test" "./device/$driver"
		timeout 300 "$qemu" "$out/foreign.test" -test.v -test.timeout 280s >>"$out/$arch.log" 2>&1 ||
			{ echo "FAIL  arch      $driver on $arch" && tail -n 40 "$out/$arch.log" && return 1; }
	done
	tests=$(grep -c '^--- PASS' "$out/$arch.log")
	printf 'ok    %-9s %s tests of the drivers on %s\n' arch "$tests" "$arch"
}

status=0
began=$SECONDS
for case; do
	if [ "$case" = arch ]; then
		foreign arm64 qemu-aarch64-static || status=1
		foreign arm qemu-arm-static || status=1
		continue
	fi
	[ -e "$here/guest/$case.sh" ] || [[ " 2.0 2.0-deck 1.4 binding32 remote32 " = *" $case "* ]] || { echo "vm: no case $case" >&2 && exit 2; }
	prepare "$case"
	boot "$case"
	judge "$case" || status=1
done
echo "vm: $# cases in $((SECONDS - began)) s"
exit $status
