# Keys of a remote in the three ways of holding them, by the kernel's clock.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
tv
box
press() { cec-ctl -s -d0 -t"$la" --user-control-pressed ui-cmd="$1" >/dev/null; }
release() { cec-ctl -s -d0 -t"$la" --user-control-released >/dev/null; }
# held CODE: how long the last release of that key says it was, in ms
held() { grep "KeyReport {\"code\":\"$1\",\"down\":false" /run/box.log | tail -n 1 | sed -n 's/.*"held":\([0-9]*\)[0-9]\{6\}.*/\1/p'; }
between() { v=$(held "$1"); test "${v:-0}" -ge "$2" && test "${v:-0}" -le "$3"; }
downs() { count "KeyReport {\"code\":\"$1\",\"down\":true"; }
la=$(address 1)

press select; sleep 2; release; sleep 1
check "one press, silence, one release: held for 2 s" between select 1900 2600
check "and reported once" test "$(downs select)" = 1

for _ in 1 2 3 4 5; do press up; sleep 0.3; done; release; sleep 1
check "repeated presses and a release: held until it" between up 1400 2900
check "and reported once" test "$(downs up)" = 1

for _ in 1 2 3 4 5; do press down; sleep 0.3; done; sleep 1
check "repeated presses without a release: held from first to last" between down 1150 2350
check "and reported once" test "$(downs down)" = 1
press left; sleep 1
check "a short press without a release ends by itself" test "$(count 'KeyReport {"code":"left","down":false')" = 1

press volume-up; release; sleep 1
check "other keys come too" test "$(downs volume-up)" = 1
check "the box lives" alive
finish
