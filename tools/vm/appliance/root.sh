#!/bin/bash
# Makes the file system of the appliance: a small Debian 12 with systemd and mpv,
# and Usher from its package.
#
#   root.sh FOLDER USHER.deb KERNEL [PACKAGES]   leaves FOLDER/tree, which is mounted read-only,
#                                     and FOLDER/var, what is in the data partition;
#                                     KERNEL has the modules, as tools/vm/build.sh leaves them;
#                                     PACKAGES (name,name) are more of Debian's
#
# FOLDER/debian keeps the system without Usher for the next run; remove it to
# renew it. Needs root, mmdebstrap, and the Debian archive once.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
deb=$2 kernel=$3
packages=systemd,systemd-sysv,udev,dbus,polkitd,libpam-systemd,ca-certificates,kmod,mpv,mpv-mpris,v4l-utils${4:+,$4}

if [ "$(cat "$out/debian.ready" 2>/dev/null)" != "$packages" ]; then
	rm -rf --one-file-system "$out/debian"
	mmdebstrap --quiet --mode=root --variant=essential --aptopt='APT::Install-Recommends "false"' --include="$packages" bookworm "$out/debian" >"$out/debian.log" 2>&1 ||
		{ tail -n 5 "$out/debian.log" >&2; exit 1; }
	echo "$packages" >"$out/debian.ready"
fi

rm -rf --one-file-system "${out:?}/tree" "${out:?}/var"
cp -a "$out/debian" "$out/tree"
tree=${out:?}/tree
cp "$deb" "$tree/usher.deb"
inside() { chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }
inside dpkg -i /usher.deb >"$out/usher.log" 2>&1 || { cat "$out/usher.log" >&2; exit 1; }
rm "$tree/usher.deb"

# What a box does without; this one has no picture, so no drivers of graphics either.
rm -rf "$tree"/usr/share/{doc,man,info,locale,i18n,lintian,bash-completion,zsh,bug,doc-base,pixmaps,perl5,perl,gettext,menu,xml,zoneinfo,X11,mime,fonts,icons,vulkan,libmysofa,glvnd} \
	"$tree"/usr/lib/x86_64-linux-gnu/{perl-base,gconv,perl,dri,vdpau,mfx,gtk-2.0,spa-0.2,alsa-lib} "$tree"/usr/lib/x86_64-linux-gnu/lib{LLVM,z3,mfxhw64,mfx-tracer,perl}*.so* "$tree"/usr/bin/perl* "$tree"/usr/lib/udev/hwdb* "$tree"/usr/lib/systemd/catalog \
	"$tree"/usr/bin/{dpkg*,localedef,debconf*,grub-file,grub-f*,grub-m*,grub-render*,grub-s*,mksquashfs,unsquashfs} "$tree"/usr/{lib,share}/grub \
	"$tree"/var/lib/{apt,dpkg} "$tree"/var/cache/* "$tree"/var/log/* "${tree:?}"/dev/* "${tree:?}"/boot

# What this one needs: here/files, and the modules of the kernel.
cp -a --no-preserve=ownership "$here/files/." "$tree/"
cp -a --no-preserve=ownership "$kernel/lib/modules" "$tree/usr/lib/"
echo appliance >"$tree/etc/hostname"
echo 0123456789abcdef0123456789abcdef >"$tree/etc/machine-id"
units=$tree/etc/systemd/system
ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
mkdir -p "$units/multi-user.target.wants"
ln -sf /lib/systemd/system/systemd-networkd.service /etc/systemd/system/{lab,television,handset}.service "$units/multi-user.target.wants/"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer \
	systemd-timesyncd.service systemd-hwdb-update.service systemd-journal-flush.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
	systemd-journal-catalog-update.service ldconfig.service systemd-sysusers.service systemd-firstboot.service systemd-machine-id-commit.service \
	systemd-pstore.service systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-binfmt.service systemd-random-seed.service \
	getty@tty1.service serial-getty@ttyS0.service getty.target dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
	sys-kernel-config.mount proc-sys-fs-binfmt_misc.automount systemd-sysctl.service systemd-modules-load.service sys-fs-fuse-connections.mount modprobe@.service systemd-remount-fs.service systemd-networkd-wait-online.service \
	e2scrub_reap.service remote-fs.target cryptsetup.target; do
	ln -sf /dev/null "$units/$unit"
done
mv "$tree/var" "$out/var"
mkdir "$tree/var"
du -sm "$tree" | sed 's/\([0-9]*\).*/appliance: a system of \1 MB/'
