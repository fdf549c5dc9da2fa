# At rest nothing is said: on, in standby, without a television that answers.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
tv
box
sleep 20
listen
hush 3600
check "an hour on: no frame" test "$(wired 'Received from Playback')" = 0
echo "VM note: frames in an hour at rest: $(wired 'Received from Playback')"
ask --standby >/dev/null
sleep 5
listen
hush 3600
check "an hour in standby: no frame" test "$(wired 'Received from Playback')" = 0
check "and it still answers" power_is standby
alive && ok "the box lives"
finish
