# The driver goes and comes back, with the box alive; another program is there first.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
cec-ctl -s -d0 --tv >/dev/null
box
echo -n vivid.0 >/sys/bus/platform/drivers/vivid/unbind
check "the adapter is missed" within 5 told 'cec_gone\|cec_none'
check "the box lives without it" alive
sleep 5
echo -n vivid.0 >/sys/bus/platform/drivers/vivid/bind
# the nodes may have moved: look for the output's
found() { for n in /dev/cec*; do cec-ctl -d"$n" 2>/dev/null | grep -q 'vid-out0' && node=${n#/dev/cec} && return 0; done; return 1; }
check "the driver is back" within 10 found
v4l2-ctl -d "$(ls /dev/video* | head -n 1)" -c hdmi_000_0_is_connected_to=2
check "the box holds an address again" within 10 answers "$node"
echo "VM note: the output is /dev/cec$node now"
check "and says so" sh -c 'grep LinkChanged /run/box.log | tail -n 1 | grep -q "\"logical\":4"'
check "the box lives" alive

first=$box_pid
/cecbox -device "/dev/cec$node" </dev/null >/run/second.log 2>&1 &
second=$!
sleep 3
check "a second box says who is in its way" grep -q cec_busy /run/second.log
kill -TERM "$first"
wait "$first"
check "and takes over when the adapter is free" within 15 grep -q '"logical":[48]' /run/second.log
kill -TERM $second
wait $second
finish
