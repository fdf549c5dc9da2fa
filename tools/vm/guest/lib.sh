# What guest scripts share: the HDMI bus, the television, the box under test.
#   /dev/cec0  the television (input of vivid)    /dev/cec1  the box (its first output)
#   /dev/cec2  a rival or an audio system (second output), after bus 2
# shellcheck shell=dash
failed=0

now() { cut -d' ' -f1 /proc/uptime; }
ok() { echo "VM ok $*"; }
bad() { echo "VM FAIL $*"; failed=1; }
give_up() { echo "VM broken: $*"; exit 1; }

# within SECONDS COMMAND…: waits until it is true
within() {
	limit=$(($(cut -d. -f1 /proc/uptime) + $1)); shift
	until "$@" >/dev/null 2>&1; do
		[ "$(cut -d. -f1 /proc/uptime)" -le $limit ] || return 1
		sleep 0.1
	done
}

# check WHAT COMMAND…
check() {
	what=$1; shift
	if "$@" >/dev/null 2>&1; then ok "$what"; else bad "$what ($*)"; fi
}

plug() { v4l2-ctl -d /dev/video0 -c "hdmi_000_${1}_is_connected_to=$((2 + $1))"; }
unplug() { v4l2-ctl -d /dev/video0 -c "hdmi_000_${1}_is_connected_to=1"; }

bus() { # bus OUTPUTS
	if [ "$1" = 1 ]; then
		modprobe vivid n_devs=1 node_types=0x0101 num_inputs=1 input_types=0x3 num_outputs=1 output_types=0x1
	else
		modprobe vivid n_devs=1 node_types=0x0101 num_inputs=2 input_types=0xf num_outputs=2 output_types=0x3
	fi
	within 10 test -e "/dev/cec$1" || give_up "vivid did not come up"
	i=0
	while [ $i -lt "$1" ]; do plug $i; i=$((i + 1)); done
}

tv() { # an exclusive follower on the television's side, and who answers there
	cec-ctl -s -d0 --tv -o "Bench TV" >/dev/null
	cec-follower -w -s -v -d0 >/dev/ttyS2 2>&1 &
}

# box ARGUMENTS…: starts the box; acts go in by `say`, what it tells is in /run/box.log
box() {
	[ -p /run/acts ] || mkfifo /run/acts
	# shellcheck disable=SC2094 # opened for both, so that nobody waits
	/cecbox -device /dev/cec1 "$@" </run/acts >/run/box.log 2>&1 &
	box_pid=$!
	exec 7>/run/acts
	within 20 answers 1 || give_up "the box claimed no address: $(tail -n 3 /run/box.log)"
	sleep 1
}

say() { echo "$*" >&7; }
alive() { readlink "/proc/$box_pid/exe"; } # a zombie has none
told() { grep -q "$1" /run/box.log; }
count() { grep -c "$1" /run/box.log; }
address() { cec-ctl -s -d"$1" -l 2>/dev/null; } # logical; ask each time, it may change
answers() { m=$(cec-ctl -d"$1" | sed -n 's/.*Logical Address Mask *: //p'); [ -n "$m" ] && [ "$m" != 0x0000 ]; }
ask() { cec-ctl -s -d0 -t"$(address 1)" "$@"; }
power_is() { ask --give-device-power-status | grep -q "pwr-state: $1 "; }

# listen SECONDS: what is on the wire for so long, as the television's adapter
# sees it; `hush` waits for the end. It is in /run/wire then.
listen() { cec-ctl -d0 -M --monitor-time "$1" >/run/wire 2>&1 & wire_pid=$!; sleep 0.5; }
hush() { wait $wire_pid; }
wired() { grep -c "$1" /run/wire; }
unclaimed() { ! answers 1; }

# The whole daemon, on the configuration in /run/usher.toml.
usherd() {
	rm -f /run/ready
	/usherd -config /run/usher.toml -demo -listen 127.0.0.1:8787 -media 127.0.0.1:8788 -socket /run/u.sock -state /run/state -cache /run/cache -ready-file /run/ready >>/run/box.log 2>&1 &
	box_pid=$!
	within 60 test -s /run/ready || give_up "usherd is not ready: $(tail -n 3 /run/box.log)"
	within 20 answers 1 || give_up "usherd claimed no address: $(u doctor)"
	sleep 2
}
u() { /usher -socket /run/u.sock "$@"; }
# Asking often would cost an emulated machine more than waiting.
soon() { sleep 1; "$@" || { sleep 3; "$@"; }; }

finish() {
	[ ! -e /run/box.log ] || cat /run/box.log >/dev/ttyS1
	[ $failed = 0 ] && echo "VM passed"
}
