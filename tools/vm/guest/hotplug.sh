# The cable out and in: the address is back within two seconds, and answers.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
tv
box
for round in 1 2 3; do
	unplug 0
	sleep 1
	check "round $round: without a cable there is no address" unclaimed
	plug 0
	check "round $round: back within 2 s" within 2 answers 1
	sleep 1
	check "round $round: answers" power_is on
done
check "no address is said as it is" told '"physical":"f.f.f.f"'
unplug 0
sleep 1
say show a film
sleep 1
say frames
sleep 0.5
check "without an address only Image View On, from nobody" told 'f0:04'
check "and nothing else" sh -c '! grep -q "f:82:" /run/box.log'
plug 0
sleep 2
say frames
sleep 0.5
check "Active Source follows when the television gives an address" told '[48b]f:82:10:00'
check "the box lives" alive
finish
