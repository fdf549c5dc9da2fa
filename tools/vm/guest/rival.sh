# One touch play, and the loss of the picture to another player.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 2
tv
cec-ctl -s -d2 --playback -o Rival >/dev/null
box
cec-ctl -s -d0 -t"$(address 1)" --standby >/dev/null
sleep 2
check "the box follows the television into standby" power_is standby

listen 3
say boot
hush
check "a start of the box says nothing" test "$(wired 'Transmitted\|Received')" = 0
listen 2.5
say show a film
hush
check "a person's film lights the television" test "$(wired IMAGE_VIEW_ON)" = 1
check "and takes the picture" test "$(wired ': ACTIVE_SOURCE')" = 1
check "and the box says so" told 'SourceChanged {"active":true'
sleep 15
listen 40
cec-ctl -s -d2 --active-source phys-addr=2.0.0.0
sleep 1
cec-ctl -s -d0 --request-active-source
hush
check "the rival's picture is noticed" told 'SourceChanged {"active":false,"at":"2.0.0.0"'
check "and never taken back, not even when the television asks who has it" test "$(wired 'phys-addr: 1.0.0.0')" = 0
listen 3
cec-ctl -s -d0 --routing-change orig-phys-addr=2.0.0.0,new-phys-addr=1.0.0.0
hush
check "a switch to this box is answered by Active Source" test "$(wired ': ACTIVE_SOURCE')" = 1
check "the box lives" alive
finish
