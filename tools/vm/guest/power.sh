# Standby and wake: the filter, no toggling, no loop.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
tv
box
la=$(address 1)
ask --standby >/dev/null; sleep 2
check "standby" power_is standby
ask --standby >/dev/null; sleep 2
check "standby again wakes nobody" power_is standby
for key in play select volume-up; do
	cec-ctl -s -d0 -t"$la" --user-control-pressed ui-cmd=$key >/dev/null
	cec-ctl -s -d0 -t"$la" --user-control-released >/dev/null
done
cec-ctl -s -d0 --active-source phys-addr=0.0.0.0
sleep 2
check "other keys and the tuner wake nobody" power_is standby
cec-ctl -s -d0 -t"$la" --user-control-pressed ui-cmd=power-on-function >/dev/null
cec-ctl -s -d0 -t"$la" --user-control-released >/dev/null
sleep 2
check "the power key wakes" power_is on
listen 3
say power standby
hush
check "the box's own standby is told" test "$(wired 'pwr-state: standby')" -ge 1
sleep 12
ask --standby >/dev/null
for _ in 1 2 3 4 5; do
	ask --standby >/dev/null; sleep 2
	cec-ctl -s -d0 --set-stream-path phys-addr=1.0.0.0; sleep 2
done
check "a loop of standby and wake is broken" told cec_loop
check "and ends in standby" power_is standby
cec-ctl -s -d0 -t"$la" --user-control-pressed ui-cmd=power-on-function >/dev/null
sleep 2
check "a power key still works" power_is on
check "the box lives" alive
finish
