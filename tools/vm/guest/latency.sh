# How long a key takes from the kernel to the player: of a remote (evdev) and
# on the cable (CEC), through the whole daemon.
# shellcheck shell=dash disable=SC1091
. /lib.sh
modprobe evdev
modprobe uinput
within 10 test -e /dev/uinput || give_up "no uinput"
bus 1
tv
USHER_GUEST=1 /usherd.test -test.v -test.run 'RealKeys' -test.timeout 500s 2>&1 | tee /run/box.log
check "a key is at the player in 5 ms, p99" grep -q '^PASS' /run/box.log
finish
