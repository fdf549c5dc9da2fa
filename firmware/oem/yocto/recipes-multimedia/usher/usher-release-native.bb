SUMMARY = "Makes the boot record of an image, and signed releases of firmware"

require usher-source.inc
inherit native

GO_INSTALL = "${GO_IMPORT}/cmd/usher-release"

do_install() {
	install -D -m 0755 ${B}/${GO_BUILD_BINDIR}/usher-release ${D}${bindir}/usher-release
}
