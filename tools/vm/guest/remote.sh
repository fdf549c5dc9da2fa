# Remotes by the real input layer: a remote made by uinput, which repeats by
# itself, is grabbed, goes away while a key is down, and comes back.
# shellcheck shell=dash disable=SC1091
. /lib.sh
modprobe evdev
modprobe uinput
within 10 test -e /dev/uinput || give_up "no uinput"
USHER_GUEST=1 /evdev.test -test.v -test.run 'Real' -test.timeout 120s 2>&1
check "remotes are read, grabbed, let go and found again" test $? = 0
finish
