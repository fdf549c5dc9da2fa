package archtest

// deviceRules: the box itself: remotes, television, front, keys.
func deviceRules() []rule {
	return []rule{
		{pkg: "device", why: vocab},
		{pkg: "device/pairing", may: []string{"device"}, pure: "*", why: alone},
		{pkg: "device/keys", may: []string{"internal/durable"}, why: "another box keeps its keys elsewhere, and nothing else changes"},
		{pkg: "device/keys/tpm", may: []string{"device/keys", "internal/durable"}, role: driver, why: drive},
		{pkg: "device/keys/creds", may: []string{"device/keys", "internal/durable"}, role: driver, why: drive},
		{pkg: "device/keys/kernel", may: []string{"device/keys"}, role: driver, why: drive},
		{pkg: "device/keys/keystest", may: []string{"device/keys"}, role: fake, why: stand},
		{pkg: "device/remote", why: vocab},
		{pkg: "device/remote/keymap", may: []string{"device/remote", "internal/spell"}, pure: "*", why: "a keymap is bytes in and a table out"},
		{pkg: "device/remote/evdev", may: []string{"device", "device/remote", "device/remote/keymap"}, role: driver, why: drive},
		{pkg: "device/remote/remotetest", may: []string{"device", "device/remote"}, role: fake, why: stand},
		{pkg: "device/remote/remotetest/handset", may: []string{"device/remote/remotetest"}, role: bench, why: "it is a remote for the bench of whole boxes"},
		{pkg: "device/cec", why: vocab},
		{pkg: "device/cec/playback", may: []string{"device/cec"}, pure: "*", why: "how a playback device acts depends on what it is told only"},
		{pkg: "device/cec/station", may: []string{"device/cec", "device/cec/playback"}, why: "it runs the device over any bus"},
		{pkg: "device/cec/cecdev", may: []string{"device", "device/cec"}, role: driver, why: drive},
		{pkg: "device/cec/cecdev/cecbox", may: []string{"device/cec/..."}, role: bench, why: "it is a box with nothing but its CEC"},
		{pkg: "device/cec/cectest", may: []string{"device", "device/cec"}, role: fake, why: stand},
		{pkg: "device/cec/cectest/bustest", may: []string{"device/cec"}, role: fake, why: "the conformance suite imports testing, which the demo must not link"},
		{pkg: "device/logind", role: driver, why: drive},
		{pkg: "device/speech", role: driver, why: drive},
		{pkg: "device/uplink", role: driver, why: drive},
		{pkg: "device/wifi", role: driver, why: drive},
		{pkg: "device/panel", may: []string{"device", "device/remote"}, role: driver, why: drive},
	}
}

// playerRules: native players.
func playerRules() []rule {
	return []rule{
		{pkg: "player", why: vocab},
		{pkg: "player/mpris", may: []string{"player"}, tests: []string{"player/launch"}, role: driver, why: drive},
		{pkg: "player/launch", may: []string{"player"}, tests: []string{"player/mpris"}, role: driver, why: drive},
		{pkg: "player/vlc", may: []string{"player"}, tests: []string{"player/launch", "player/mpris"}, role: driver, why: drive},
		{pkg: "player/playertest", may: []string{"player"}, tests: []string{"player/mpris", "player/launch"}, role: fake, why: stand},
		{pkg: "player/playertest/conntest", may: []string{"player"}, role: fake, why: "the conformance suite imports testing, which the demo must not link"},
		{pkg: "player/lab", may: []string{"player", "player/mpris", "player/launch", "player/vlc"}, role: bench, why: "it examines a player the way Usher drives it, and needs nothing else of Usher"},
	}
}

// cacheRules: the segment cache.
func cacheRules() []rule {
	return []rule{
		{pkg: "cache", tests: []string{"cache/serve"}, why: vocab},
		{pkg: "cache/hls", pure: "*", why: "playlists are bytes in and bytes out"},
		{pkg: "cache/fmp4", pure: "*", why: "boxes are bytes in and bytes out"},
		{pkg: "cache/abr", may: []string{"cache/hls"}, pure: "*", why: "a policy decides from what it is given"},
		{pkg: "cache/abr/abrsim", may: []string{"cache/abr"}, why: "a simulator gives the same result on every machine"},
		{pkg: "cache/abr/abrsim/abrbench", may: []string{"cache/abr/abrsim"}, why: "it measures the policy alone"},
		{pkg: "cache/prefetch", may: []string{"cache", "cache/hls", "cache/abr"}, pure: "policy*", why: "policy and runner of the cache, nothing of the box"},
		{pkg: "cache/serve", may: []string{"cache", "cache/hls", "cache/fmp4", "cache/abr", "cache/prefetch"}, why: "the origin serves any player and knows nothing of this box"},
		{pkg: "cache/cachetest", may: []string{"cache", "cache/hls"}, role: fake, why: stand},
	}
}

// firmwareRules: updates, and the service manager.
func firmwareRules() []rule {
	return []rule{
		{pkg: "firmware", why: vocab},
		{pkg: "firmware/rauc", may: []string{"firmware", "internal/durable"}, role: driver, why: drive},
		{pkg: "firmware/rauc/rauctest", may: []string{"firmware"}, role: fake, why: stand},
		{pkg: "firmware/abslots", may: []string{"firmware"}, role: driver, why: drive},
		{pkg: "firmware/image", may: []string{"firmware"}, why: alone},
		{pkg: "firmware/fetch", may: []string{"firmware", "firmware/image"}, why: "it brings bytes, and believes none of them"},
		{pkg: "firmware/release", may: []string{"firmware", "firmware/image"}, tests: []string{"firmware/fetch", "firmware/trust"}, why: "it is for those who make boxes, and on none of them"},
		{pkg: "firmware/fleet", may: []string{"firmware", "firmware/fetch", "firmware/fleet/ddi", "firmware/image", "firmware/trust"}, tests: []string{"firmware/abslots", "firmware/release"}, why: alone},
		{pkg: "firmware/fleet/installbench", may: []string{"firmware", "firmware/abslots", "firmware/fetch", "firmware/fleet", "firmware/trust"}, role: bench, why: "it measures what usherd does with a release, without usherd"},
		{pkg: "firmware/fleet/ddi", may: []string{"firmware"}, why: alone},
		{pkg: "firmware/fleet/ddi/dditest", may: []string{"firmware"}, role: fake, why: stand},
		{pkg: "firmware/trust", may: []string{"firmware", "firmware/image"}, why: "what is believed does not depend on where it came from, nor on what is done with it"},
		{pkg: "firmware/slotd", may: []string{"firmware", "firmware/image", "firmware/trust"}, tests: []string{"firmware/abslots", "firmware/fetch", "firmware/release"}, role: driver, why: "what may write slots believes signatures only, and has no network"},
		{pkg: "firmware/oem", may: []string{"firmware"}, why: alone},
		{pkg: "firmware/firmwaretest", may: []string{"firmware"}, role: fake, why: stand},
		{pkg: "systemd", why: alone},
	}
}

// insideRules: how this program holds its parts together.
func insideRules() []rule {
	return []rule{
		{pkg: "internal/offer", why: vocab},
		{pkg: "internal/updater", may: []string{"firmware", "firmware/fetch", "firmware/fleet", "internal/box", "internal/durable"}, tests: []string{"firmware/abslots", "firmware/firmwaretest", "firmware/image", "firmware/release", "firmware/trust"}, why: "updates, without the daemon around them"},
		{pkg: "internal/rights", may: []string{"internal/offer"}, pure: "*", why: "a decision about rights depends on what it is given only"},
		{pkg: "internal/box", may: words("internal/rights"), pure: "*", why: "the core is a pure function over the vocabularies"},
		{pkg: "internal/account", may: []string{"device/keys", "device/pairing", "internal/durable", "internal/rights"}, tests: []string{"device/keys/tpm"}, why: "an account needs its keys and its service, and nothing of the box"},
		{pkg: "internal/dbustest", role: fake, why: stand},
		{pkg: "internal/durable", why: alone},
		{pkg: "internal/bundle", may: []string{"internal/durable", "internal/jws", "internal/rights"}, why: "what an installer brings is judged by its signature, and by nothing of the box"},
		{pkg: "internal/jws", tests: []string{"internal/rights"}, why: alone},
		{pkg: "internal/oem", may: []string{"device/cec/playback", "device/remote/keymap", "internal/config", "internal/jws", "internal/memfs", "internal/rights", "internal/spell", "internal/theme"}, why: "what an OEM signs is a container for files that others understand"},
		{pkg: "internal/wipe", may: []string{"internal/durable"}, why: alone},
		{pkg: "internal/leases", may: []string{"internal/durable", "internal/offer", "internal/rights"}, why: "a right depends on what was signed, and on nothing of the box"},
		{pkg: "internal/purchase", may: []string{"internal/box", "internal/durable", "internal/offer", "internal/qr", "internal/rights"}, why: "it follows purchases through an interface of its own"},
		{pkg: "internal/viewers", may: []string{"internal/box"}, why: "it learns from positions, through interfaces of its own"},
		{pkg: "internal/household", may: []string{"internal/box", "internal/offer", "internal/rights"}, why: "it keeps who watches, and knows neither the bridge nor the services"},
		{pkg: "internal/qr", why: alone},
		{pkg: "internal/spake2", why: alone},
		{pkg: "internal/mdns", why: alone},
		{pkg: "internal/phone", may: []string{"internal/qr", "internal/spake2"}, tests: []string{"internal/phone/phonetest"}, why: "who may come in does not depend on where they come from, nor on what they do then"},
		{pkg: "internal/phone/phonetest", may: []string{"internal/spake2"}, role: fake, why: "the other side of the channel, written by itself"},
		{pkg: "internal/phone/door", may: []string{"internal/mdns"}, why: "it listens, and knows of phones only whether they are wanted"},
		{pkg: "internal/network", may: []string{"internal/box"}, why: "it watches and waits for the core, whatever has the radio"},
		{pkg: "internal/service", why: alone},
		{pkg: "internal/spell", pure: "*", why: alone},
		{pkg: "internal/config", may: []string{"internal/spell"}, why: alone},
		{pkg: "internal/settings", may: []string{"internal/spell"}, why: "what can be chosen is data; who acts on it is wired from outside"},
		{pkg: "internal/memfs", why: "files in memory lean on nothing"},
		{pkg: "internal/theme", may: []string{"internal/memfs", "internal/spell"}, why: "a brand's look is a file in and a style sheet out"},
		{pkg: "internal/state", may: []string{"internal/box"}, why: "it stores what the core defines"},
		{pkg: "internal/daemon", may: words("internal/box", "internal/service"), why: "the owner loop reaches every edge through interfaces of its own"},
		{pkg: "internal/catalog", may: words("internal/box", "internal/durable"), tests: []string{"cmd/boxoffice/..."}, why: "the service client and the bridge meet in the core's types only"},
		{pkg: "internal/journal", may: words("internal/box"), why: "it reads and writes what the core takes in, and runs the core, nothing else"},
		{pkg: "internal/trace", why: alone},
		{pkg: "internal/ui", may: words("internal/box", "internal/rights", "internal/spell", "internal/ui/schema", "internal/ui/endpoint"), tests: []string{"internal/ui/web"}, why: "the bridge reaches the daemon and the catalogue through interfaces of its own"},
		{pkg: "internal/ui/schema", may: []string{"internal/spell"}, why: alone},
		{pkg: "internal/ui/endpoint", why: "both commands ask it where the socket is"},
		{pkg: "internal/ui/uitest", may: words("internal/box", "internal/rights"), role: fake, why: stand},
		{pkg: "internal/ui/web", why: "it is files"},
		{pkg: "internal/ui/web/mock", may: words("internal/box", "internal/ui", "internal/ui/web"), role: fake, why: stand},
		{pkg: "internal/sim", may: words("internal/box", "internal/network", "internal/service", "cmd/boxoffice/...", "player/...", "device/...", "cache/...", "firmware/..."), role: edges, why: "the demo swaps edges and nothing else"},
		{pkg: "internal/archtest", why: alone},
	}
}

// commandRules: the programs.
func commandRules() []rule {
	return []rule{
		{pkg: "cmd/usherd", may: []string{"..."}, why: "the one place that knows all parts"},
		// The lab runs on any machine that has a player, without a daemon: it is
		// for the authors of players, and for who ports Usher to a new box.
		{pkg: "cmd/usher", may: words("internal/box", "internal/rights", "internal/qr", "internal/spell", "internal/ui/endpoint", "internal/ui/schema", "internal/journal", "internal/bundle", "internal/durable", "internal/jws", "internal/oem", "player/lab"), tests: []string{"internal/ui"}, why: "the command line is a client of the local API, and no more, but for the lab of players"},
		{pkg: "cmd/usher-release", may: []string{"firmware/...", "internal/spell"}, role: tool, why: "it makes repositories, and knows nothing of boxes"},
		{pkg: "cmd/usher-boot", may: []string{"firmware/abslots"}, role: tool, why: "it is there before the system: what it does not need it does not have"},
		{pkg: "cmd/boxoffice", may: []string{"internal/offer", "cmd/boxoffice/..."}, why: "the reference service is on the other side of the service API"},
		{pkg: "cmd/boxoffice/office", may: []string{"internal/offer", "cmd/boxoffice/..."}, tests: []string{"internal/rights"}, why: "the reference service is on the other side of the service API"},
		{pkg: "cmd/boxoffice/shape", why: alone},
		{pkg: "cmd/boxoffice/shelf", why: alone},
		{pkg: "cmd/boxoffice/pace", why: alone},
		{pkg: "cmd/boxoffice/lease", may: []string{"cmd/boxoffice/shelf"}, tests: []string{"internal/rights"}, why: "boxes and the service agree in the format of leases, not in code"},
		{pkg: "cmd/boxoffice/door", may: []string{"cmd/boxoffice/pace", "cmd/boxoffice/shelf"}, tests: []string{"internal/account", "device/keys", "device/pairing"}, why: "it is an authorization server like any other"},
		{pkg: "cmd/boxoffice/viewers", may: []string{"cmd/boxoffice/shelf"}, why: alone},
		{pkg: "cmd/boxoffice/doortest", role: fake, why: stand},
		{pkg: "cmd/boxoffice/till", may: []string{"internal/offer", "cmd/boxoffice/lease", "cmd/boxoffice/shelf"}, tests: []string{"internal/rights"}, why: "what is paid for does not depend on how it is asked for"},
		{pkg: "cmd/boxoffice/household", may: []string{"cmd/boxoffice/shelf"}, why: alone},
		{pkg: "cmd/boxoffice/phone", may: []string{"internal/offer", "cmd/boxoffice/..."}, tests: []string{"internal/account", "device/keys", "device/pairing"}, why: "the reference service is on the other side of the service API"},
		{pkg: "cmd/boxoffice/poster", may: []string{"internal/offer"}, why: alone},
	}
}
