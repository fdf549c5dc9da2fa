# Volume keys of the box go to the audio system while it makes the sound, else
# to the television.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 2
tv
box
listen 4
say press volume-up
sleep 1
say release volume-up
hush
check "without an audio system: asked once" test "$(grep -c 'GIVE_SYSTEM_AUDIO_MODE_STATUS' /run/wire)" -le 1
check "and pressed at the television" test "$(grep -c 'to TV.*USER_CONTROL_PRESSED' /run/wire)" -ge 1
check "and released" test "$(grep -c 'to TV.*USER_CONTROL_RELEASED' /run/wire)" = 1

cec-ctl -s -d2 --audio -o "Bench AVR" >/dev/null
cec-follower -s -d2 >/run/avr.log 2>&1 &
sleep 2
cec-ctl -s -d2 -t15 --set-system-audio-mode sys-aud-status=on >/dev/null
sleep 1
check "the sound moves to the audio system" told 'SoundChanged {"at":"audio-system"'
listen 4
say press volume-up
sleep 1
say release volume-up
hush
check "keys go there" test "$(grep -c 'to Audio System.*USER_CONTROL_PRESSED' /run/wire)" -ge 2
check "and are released" test "$(grep -c 'to Audio System.*USER_CONTROL_RELEASED' /run/wire)" = 1
check "none to the television" test "$(grep -c 'to TV.*USER_CONTROL_PRESSED' /run/wire)" = 0
check "the volume is known" sh -c 'grep SoundChanged /run/box.log | tail -n 1 | grep -qv "\"volume\":-1"'
listen 3
say press mute
sleep 1
say release mute
hush
check "mute is pressed once" test "$(grep -c 'USER_CONTROL_PRESSED' /run/wire)" = 1
cec-ctl -s -d2 -t15 --set-system-audio-mode sys-aud-status=off >/dev/null
sleep 1
check "and back to the television" sh -c 'grep SoundChanged /run/box.log | tail -n 1 | grep -q "\"at\":\"tv\""'
check "the box lives" alive
finish
