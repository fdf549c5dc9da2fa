# Mode off: not a frame, whatever happens.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
tv
mkfifo /run/acts
exec 7<>/run/acts
listen 620
# shellcheck disable=SC2094
/cecbox -device /dev/cec1 -mode off </run/acts >/run/box.log 2>&1 &
box_pid=$!
sleep 2
say show a film
say press volume-up
say power standby
cec-ctl -s -d0 --set-stream-path phys-addr=1.0.0.0
cec-ctl -s -d0 -t4 --give-device-power-status >/dev/null
sleep 600
check "the box lives" alive
kill -TERM $box_pid
hush
check "ten minutes: no frame" test "$(wired 'Received from')" = 0
check "the television's own were seen" test "$(wired 'SET_STREAM_PATH')" -ge 1
finish
