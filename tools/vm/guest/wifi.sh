#!/bin/sh
# First process of the guest of tools/vm/wifi.sh: a box with a radio, four
# networks at the other end of the air, and the test of the whole daemon on them.
#   wlan0  the box's radio, which NetworkManager or iwd has
#   wlan1  the router's, in a network namespace of its own: "Kitchen" (password
#          "correct horse"), "Garden" (open), "Full" (gives no addresses), "Cellar"
#          (tells nobody its name)
# shellcheck disable=SC2317 # functions are called below
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for dir in /run /tmp /var/lib/NetworkManager /var/lib/iwd; do mkdir -p $dir && mount -t tmpfs tmpfs $dir; done
# shellcheck source=/dev/null
. /settings # MANAGER
ip link set lo up
echo "VM kernel $(uname -r), $MANAGER"
off() { echo "VM end at $(cut -d' ' -f1 /proc/uptime)"; busybox poweroff -f; }
give_up() { echo "VM broken: $*"; off; }
within() { # SECONDS COMMAND…
	limit=$(($(cut -d. -f1 /proc/uptime) + $1)) && shift
	until "$@" >/dev/null 2>&1; do
		[ "$(cut -d. -f1 /proc/uptime)" -le $limit ] || return 1
		sleep 0.2
	done
}

modprobe mac80211_hwsim radios=2 || give_up "no mac80211_hwsim"
within 20 ip link show wlan1 || give_up "no radios"

# The router.
unshare -n sleep 100000 &
router=$!
sleep 1
iw phy phy1 set netns $router || give_up "the router's radio stays"
at() { nsenter -t $router -n "$@"; }
cat >/run/hostapd.conf <<-END
	interface=wlan1
	driver=nl80211
	hw_mode=g
	channel=1
	ssid=Kitchen
	wpa=2
	wpa_key_mgmt=WPA-PSK
	rsn_pairwise=CCMP
	wpa_passphrase=correct horse
	bss=wlan1_1
	ssid=Garden
	bss=wlan1_2
	ssid=Full
	wpa=2
	wpa_key_mgmt=WPA-PSK
	rsn_pairwise=CCMP
	wpa_passphrase=correct horse
	bss=wlan1_3
	ssid=Cellar
	ignore_broadcast_ssid=1
	wpa=2
	wpa_key_mgmt=WPA-PSK
	rsn_pairwise=CCMP
	wpa_passphrase=correct horse
	bss=wlan1_4
	ssid2=4bfc636865
	bss=wlan1_5
	ssid2=4bf6636865
END
at hostapd -B -f /run/hostapd.log /run/hostapd.conf || give_up "no router: $(tail -n 3 /run/hostapd.log)"
within 20 at ip link show wlan1_5 || give_up "the router has not all networks"
for n in 1:wlan1 2:wlan1_1 4:wlan1_3 5:wlan1_4; do
	name=${n#*:} net=192.168.7${n%%:*}
	at ip address add "$net.1/24" dev "$name"
	at ip link set "$name" up
	printf 'interface %s\nstart %s.100\nend %s.120\nlease_file /run/leases.%s\npidfile /run/udhcpd.%s\nopt router %s.1\nopt subnet 255.255.255.0\n' \
		"$name" "$net" "$net" "$name" "$name" "$net" >"/run/udhcpd.$name.conf"
	at busybox udhcpd "/run/udhcpd.$name.conf"
done

# The box.
mkdir -p /run/dbus /run/NetworkManager /etc/NetworkManager
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
dbus-daemon --system --fork --nopidfile || give_up "no bus"
mount -o remount,ro /sys # so that nobody waits for udev, which does not run
case $MANAGER in
NetworkManager)
	printf '[main]\nplugins=keyfile\nauth-polkit=false\ndns=none\n[device]\nwifi.scan-rand-mac-address=no\n[connection]\nipv4.dhcp-timeout=20\nipv6.method=disabled\n' >/etc/NetworkManager/NetworkManager.conf
	wpa_supplicant -u -B -f /run/manager.log
	NetworkManager --no-daemon >>/run/manager.log 2>&1 &
	;;
iwd)
	mkdir -p /etc/iwd
	printf '[General]\nEnableNetworkConfiguration=true\n[Network]\nNameResolvingService=none\nEnableIPv6=false\n' >/etc/iwd/main.conf
	/usr/libexec/iwd >/run/manager.log 2>&1 &
	;;
esac
USHER_GUEST_WIFI=1 /usherd.test -test.v -test.run TestRealWiFi -test.timeout 400s
code=$?
if [ $code = 0 ]; then
	echo "VM passed"
else
	echo "VM FAIL: exit $code"
	tail -n 60 /run/manager.log
fi
off
