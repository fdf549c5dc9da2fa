# The contract of a bus (device/cec/cectest/bustest), by the real adapter.
# shellcheck shell=dash disable=SC1091
. /lib.sh
bus 1
sleep 1
USHER_CEC_BOX=/dev/cec1 USHER_CEC_TV=/dev/cec0 /cecdev.test -test.v -test.timeout 120s 2>&1
check "the binding keeps the contract" test $? = 0
finish
