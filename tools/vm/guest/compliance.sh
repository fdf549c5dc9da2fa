# v4l-utils' examination of a playback device, from the television's side.
# shellcheck shell=dash disable=SC1091,SC2086,SC2154
. /lib.sh
. /settings
bus 1
tv
box $BOX
cec-ctl --version 2>/dev/null | head -n 1
cec-ctl -s -d0 -S >/dev/null
began=$(now)
cec-compliance -s -d0 -r"$(address 1)" -t10 -C never $EXPECT 2>&1
echo "VM compliance exit $? from $began to $(now) s"
alive >/dev/null && echo "VM box alive"
finish
