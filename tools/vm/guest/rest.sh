# At rest nothing is said: on, in standby, without a television that answers.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
cec-ctl -s -d0 --tv >/dev/null # and nothing there that asks
box
sleep 20
listen 3
ask --give-device-power-status >/dev/null
hush
check "who listens hears the box" test "$(wired 'Received from Playback')" = 1
listen 3600
hush
check "an hour on: no frame" test "$(wired 'Received from Playback')" = 0
echo "VM note: frames in an hour at rest: $(wired 'Received from Playback')"
ask --standby >/dev/null
sleep 5
listen 3600
hush
check "an hour in standby: no frame" test "$(wired 'Received from Playback')" = 0
check "and it still answers" power_is standby
check "the box lives" alive
finish
