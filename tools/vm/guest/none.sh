# The same examination of a kernel without a box: it must not pass.
# shellcheck shell=dash disable=SC1091,SC2086,SC2154
. /lib.sh
. /settings
bus 1
tv
cec-ctl -s -d1 --playback -o Nobody >/dev/null
within 10 answers 1
cec-ctl -s -d0 -S >/dev/null
cec-compliance -s -d0 -r"$(address 1)" -t10 -C never $EXPECT 2>&1
echo "VM compliance exit $?"
