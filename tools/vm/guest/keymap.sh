# The whole daemon with a remote of its own on a real kernel: found, taken,
# learned, held, and with a keymap that changes under it.
# shellcheck shell=dash disable=SC1091,SC2154
. /lib.sh
modprobe evdev
modprobe uinput
within 10 test -e /dev/uinput || give_up "no uinput"
bus 1
tv
printf '[tv]\ndevice = "/dev/cec1"\n[player]\nkind = "simulated"\n[remote]\nread = "on"\nkeymap = "/run/keymap.json"\n' >/run/usher.toml
# KEY_OK KEY_UP KEY_F1 KEY_MAIL
mkfifo /run/keys
/handset "ACME Remote" 352 103 59 155 </run/keys &
handset=$!
exec 8>/run/keys
# hit KEY [HOLD]: shows what the daemon takes it for
hit() {
	/usher -socket /run/u.sock remote test >/run/hit 2>&1 & # not u, which would be a shell with it in it
	test_pid=$!
	sleep 2
	echo "$@" >&8
	sleep 2
	kill $test_pid # a shell has it ignore an interrupt
	wait $test_pid
	cat /run/hit
}
means() { grep -q "^$1 *$2\$" /run/hit; }

usherd
check "the remote is found and read" soon sh -c '/usher -socket /run/u.sock remote list | grep -q "remote *built in *1d57:0001 *ACME Remote"'
check "the kernel's copy of CEC keys is left alone" sh -c '! /usher -socket /run/u.sock remote list | grep "vid-out0" | grep -q "built in"'
node=$(u remote list | sed -n 's/^\(event[0-9]*\) .*ACME.*/\1/p')
timeout 3 evtest "/dev/input/$node" >/run/evtest 2>&1
check "nobody else gets its keys" grep -q "grabbed by another process" /run/evtest
u remote learn >/run/learned 2>/dev/null &
learn=$!
sleep 2
echo 59 >&8
wait $learn
check "learn names the button" grep -q '^KEY_F1 (0x3b) on ACME Remote: means nothing' /run/learned
check "and prints the line for the file" grep -q '"vendor": "0x1d57", "product": "0x0001"' /run/learned
hit 103
check "a key means what is built in" means KEY_UP up

printf '{"remotes": [\n {"name": "ours", "match": {"name": "^ACME"},\n  "keys": {"KEY_F1": "search", "KEY_OK": {"short": "ok", "long": "standby"}}}]}\n' >/run/keymap.json
sleep 4
hit 59
check "a keymap that comes is in force" means KEY_F1 search
check "and the list says whose it is" sh -c '/usher -socket /run/u.sock remote list | grep -q "ours *1d57"'
echo "352 900ms" >&8
check "held, a button means something else" soon power_is standby
echo 352 >&8
check "and any key wakes" soon power_is on
printf '{"remotes": [\n {"name": "ours", "match": {"name": "^ACME"},\n  "keys": {"KEY_F1": "serach"}}]}\n' >/run/keymap.json
sleep 4
u doctor >/run/doctor
check "a mistake is told with its line, and what may be meant" grep -q 'line 3: key "serach" is not known; did you mean "search"' /run/doctor
hit 59
check "and the keymap before it stays" means KEY_F1 search
rm /run/keymap.json
sleep 4
hit 59
check "without a file, what is built in counts" means KEY_F1 'means nothing'

exec 8>&-
wait $handset
check "a remote that goes away is gone" soon sh -c '! /usher -socket /run/u.sock remote list | grep -q ACME'
alive && ok "the daemon lives"
kill "$box_pid"
check "it ends" within 20 sh -c "! kill -0 $box_pid"
finish
