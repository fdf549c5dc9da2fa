# A box with two HDMI outputs, and nobody said which: it finds the one with a
# television, and stays with it.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 2
tv
start() {
	/cecbox </dev/null >/run/box.log 2>&1 &
	box_pid=$!
}
stop() { kill -TERM "$box_pid" && wait "$box_pid"; }
# at NODE ADDRESS: what was said last of where the box is
at() { grep LinkChanged /run/box.log | tail -n 1 | grep "\"node\":\"/dev/cec$1\"" | grep -q "\"logical\":$2"; }

unplug 0
sleep 1
start
check "the television at the second output is found" within 10 at 2 '[48]'
check "the first is left alone" unclaimed
plug 0
unplug 1
sleep 20
check "once found, it is not looked for elsewhere" at 2 15
plug 1
check "and comes back" within 5 at 2 '[48]'
stop

unplug 0
unplug 1
sleep 1
start
check "without any, it waits at the first" within 5 at 1 15
plug 1
check "one that comes to the second is found" within 15 at 2 '[48]'
check "an input is never taken for an output" sh -c '! grep -q "\"node\":\"/dev/cec0\"" /run/box.log'
check "nobody is told of a trouble" sh -c '! grep -q "\"code\":\"cec_" /run/box.log'
check "the box lives" alive
stop
finish
