# kill -9 leaves a zombie on the bus; -clear and the next start end it.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
tv
box
kill -9 "$box_pid"
sleep 1
check "killed, the address stays claimed" answers 1
check "and nobody answers behind it" sh -c '! cec-ctl -s -d0 -t4 --give-device-power-status | grep -q "pwr-state: on "'
/cecbox -clear >/run/clear
check "-clear gives it back" grep -q 'cleared \["/dev/cec1"\]' /run/clear
check "for good" unclaimed
/cecbox -clear >/run/clear
check "the television's own is left alone" grep -q 'cleared \[\]' /run/clear
check "and it still has it" answers 0
box
check "started again, it answers" power_is on
kill -9 "$box_pid"
sleep 1
box
check "started over a zombie, it answers" power_is on
listen 5
kill -TERM "$box_pid"
wait "$box_pid"
check "stopped, it ends well" test $? = 0
hush
check "stopped, it says that it sleeps" test "$(wired 'pwr-state: standby')" -ge 1
check "and leaves no address" unclaimed
finish
