SUMMARY = "Film and series box: streaming service and native player together"
DESCRIPTION = "The daemon usherd, its command line usher, and their systemd units."
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://src/${GO_IMPORT}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# In local.conf: what "make source" made, and its version. An archive that is
# fetched needs USHER_SHA256 besides.
#   USHER_ARCHIVE = "file:///home/me/usher-1.2.3.tar.gz"
#   USHER_VERSION = "1.2.3"
USHER_ARCHIVE ?= ""
USHER_VERSION ?= "0"
USHER_SHA256 ?= ""
# What "usher oem pack" and "usher oem key" made (docs/porting.md); none without.
USHER_OVERLAY ?= ""
USHER_OVERLAY_KEYS ?= ""

PV = "${USHER_VERSION}"
GO_IMPORT = "usher"
SRC_URI = "${USHER_ARCHIVE};striplevel=1;subdir=${GO_SRCURI_DESTSUFFIX}"
SRC_URI[sha256sum] = "${USHER_SHA256}"

inherit go-mod systemd useradd features_check

REQUIRED_DISTRO_FEATURES = "systemd usrmerge"

python () {
    if not d.getVar('USHER_ARCHIVE'):
        raise bb.parse.SkipRecipe("USHER_ARCHIVE is not set; see the head of usher.bb")
    if bool(d.getVar('USHER_OVERLAY')) != bool(d.getVar('USHER_OVERLAY_KEYS')):
        bb.fatal("USHER_OVERLAY and USHER_OVERLAY_KEYS belong together: a box believes no overlay without keys")
}

# Every module is in the archive: nothing is fetched. Without cgo there is
# nothing to link to, and position-independent code would need cgo on arm.
CGO_ENABLED = "0"
GO_LINKSHARED = ""
GO_LDFLAGS = '-ldflags="-X main.version=${PV}"'
GOBUILDFLAGS:append = " -mod=vendor -buildvcs=false"
GOBUILDFLAGS:remove = "-buildmode=pie"
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
GROUPADD_PARAM:${PN} = "--system input; --system render; --system usher; --system usher-slots; --system usher-screen"
USERADD_PARAM:${PN} = " \
    --system --gid usher --groups video,input,audio,render --home-dir /var/lib/usher --no-create-home --shell /sbin/nologin usher; \
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
