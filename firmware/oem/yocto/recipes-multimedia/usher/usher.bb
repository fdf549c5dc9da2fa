SUMMARY = "Film and series box: streaming service and native player together"
DESCRIPTION = "The daemon usherd, its command line usher, and their systemd units."

require usher-source.inc
inherit systemd useradd features_check

REQUIRED_DISTRO_FEATURES = "systemd usrmerge"

# What "usher oem pack" and "usher oem key" made (docs/porting.md); none without.
USHER_OVERLAY ?= ""
USHER_OVERLAY_KEYS ?= ""

python () {
    if bool(d.getVar('USHER_OVERLAY')) != bool(d.getVar('USHER_OVERLAY_KEYS')):
        bb.fatal("USHER_OVERLAY and USHER_OVERLAY_KEYS belong together: a box believes no overlay without keys")
}

GO_INSTALL = "${GO_IMPORT}/cmd/usherd ${GO_IMPORT}/cmd/usher ${GO_IMPORT}/cmd/usher-boot"

do_install() {
	sources=${S}/src/${GO_IMPORT}
	$sources/firmware/oem/install.sh $sources ${B}/${GO_BUILD_BINDIR} ${D}
	if [ -n "${USHER_OVERLAY}" ]; then
		install -D -m 0644 ${USHER_OVERLAY} ${D}${datadir}/usher/oem.overlay
		install -D -m 0644 ${USHER_OVERLAY_KEYS} ${D}${datadir}/usher/oem-keys.json
	fi
}
do_install[file-checksums] += "${@' '.join(f + ':True' for f in (d.getVar('USHER_OVERLAY'), d.getVar('USHER_OVERLAY_KEYS')) if f)}"

SYSTEMD_SERVICE:${PN} = "usherd.service usherd.socket usher-slots.socket usherd-health.service"

# As systemd/usher.sysusers: made here, for roots that cannot be written.
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system input; --system render; --system netdev; --system usher; --system usher-slots; --system usher-screen"
USERADD_PARAM:${PN} = " \
    --system --gid usher --groups video,input,audio,render,netdev --home-dir /var/lib/usher --no-create-home --shell /sbin/nologin usher; \
    --system --gid usher-slots --groups disk --home-dir /var/lib/usher-slots --no-create-home --shell /sbin/nologin usher-slots; \
    --system --gid usher-screen --groups video,input,render --home-dir /run/usher-screen --no-create-home --shell /sbin/nologin usher-screen"

CONFFILES:${PN} = "${sysconfdir}/usher/usher.toml"
FILES:${PN} += "${nonarch_libdir}/usher ${nonarch_libdir}/systemd ${nonarch_libdir}/sysusers.d ${nonarch_libdir}/tmpfiles.d ${nonarch_libdir}/udev ${datadir}/polkit-1 ${datadir}/usher"

RDEPENDS:${PN} = "dbus"
RRECOMMENDS:${PN} = "ca-certificates"
# What is of other layers: vlc of meta-multimedia, rauc of meta-rauc. mpv wants
# mpv-mpris beside it, for which no layer has a recipe.
PACKAGECONFIG ??= ""
PACKAGECONFIG[vlc] = ",,,,vlc"
PACKAGECONFIG[rauc] = ",,,,rauc"
