################################################################################
#
# usher
#
################################################################################

# The sources around this external tree. VERSION is in the archives that
# "make source" makes; git knows no such file.
USHER_SITE = $(abspath $(BR2_EXTERNAL_USHER_PATH)/../../..)
USHER_SITE_METHOD = local
USHER_VERSION = $(or $(shell cat $(USHER_SITE)/VERSION 2>/dev/null),local)
USHER_LICENSE = Apache-2.0
USHER_LICENSE_FILES = LICENSE

USHER_GOMOD = usher
USHER_BUILD_TARGETS = cmd/usherd cmd/usher cmd/usher-boot
USHER_LDFLAGS = -s -w -X main.version=$(USHER_VERSION)
USHER_GO_ENV = CGO_ENABLED=0 GOTOOLCHAIN=local

USHER_OVERLAY = $(call qstrip,$(BR2_PACKAGE_USHER_OVERLAY))
USHER_OVERLAY_KEYS = $(call qstrip,$(BR2_PACKAGE_USHER_OVERLAY_KEYS))

ifeq ($(BR2_PACKAGE_USHER)$(BR_BUILDING),yy)
ifneq ($(words $(USHER_OVERLAY)),$(words $(USHER_OVERLAY_KEYS)))
$(error BR2_PACKAGE_USHER_OVERLAY and BR2_PACKAGE_USHER_OVERLAY_KEYS belong together: a box believes no overlay without keys)
endif
endif

define USHER_INSTALL_OVERLAY
	$(INSTALL) -D -m 0644 $(USHER_OVERLAY) $(TARGET_DIR)/usr/share/usher/oem.overlay
	$(INSTALL) -D -m 0644 $(USHER_OVERLAY_KEYS) $(TARGET_DIR)/usr/share/usher/oem-keys.json
endef

# Without a daemon that is to be started: systemctl preset-all of Buildroot
# enables what has [Install] sections.
define USHER_INSTALL_TARGET_CMDS
	$(@D)/firmware/oem/install.sh $(@D) $(@D)/bin $(TARGET_DIR)
	$(if $(USHER_OVERLAY),$(USHER_INSTALL_OVERLAY))
endef

# As systemd/usher.sysusers: made here, for roots that cannot be written.
define USHER_USERS
	usher -1 usher -1 * /var/lib/usher - video,input,audio,render,netdev Usher
	usher-slots -1 usher-slots -1 * /var/lib/usher-slots - disk Firmware slots of Usher
	usher-screen -1 usher-screen -1 * /run/usher-screen - video,input,render Screen of Usher
endef

define USHER_LINUX_CONFIG_FIXUPS
	$(foreach option,MEDIA_SUPPORT MEDIA_CEC_SUPPORT INPUT_EVDEV INPUT_UINPUT RC_CORE CGROUPS SECCOMP SECCOMP_FILTER WATCHDOG,
		$(call KCONFIG_ENABLE_OPT,CONFIG_$(option))
	)
endef

# usher-release makes the boot record of an image.
HOST_USHER_GOMOD = $(USHER_GOMOD)
HOST_USHER_BUILD_TARGETS = cmd/usher-release
HOST_USHER_LDFLAGS = $(USHER_LDFLAGS)
HOST_USHER_GO_ENV = $(USHER_GO_ENV)

$(eval $(golang-package))
$(eval $(host-golang-package))
