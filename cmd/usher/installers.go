package main

// installerVerbs are what those need who set boxes up and hand them over.
func installerVerbs() []verb {
	return []verb{
		{name: "pair", summary: "connect the box with an account: a code and a QR code", run: pair, flags: pairFlagSet, detail: pairDetail},
		{name: "unpair", summary: "disconnect the box from its account, and wipe it", run: unpair, flags: serviceFlag, detail: unpairDetail},
		{name: "apply", args: "FILE", min: 1, most: 1, summary: "set the box up from a signed bundle, such as one on a USB stick", run: apply, detail: applyDetail},
		{name: "export", summary: "print what a bundle for this box needs, as JSON; no secrets", run: export},
		{name: "bundle", args: "key KEY.pem | sign KEY.pem SITE.json", min: 1, most: 3, summary: "make a key for bundles, and sign one", run: bundles, detail: bundleDetail},
		{name: "wifi", args: "[status | list | join NAME | forget NAME]", most: 2, summary: "see the Wi-Fi networks around the box, join one, forget one", run: wifi, flags: wifiFlags, detail: wifiDetail},
		{name: "handover", summary: "take everything of the household off the box, and prove it", run: handover, flags: handoverFlags, detail: handoverDetail},
		{name: "reset", summary: "wipe the box as it came from the factory", run: reset, flags: resetFlags, detail: resetDetail},
		{name: "log", args: "bundle [FILE]", min: 1, most: 2, summary: "pack what helps to find a fault, without secrets", run: logs, detail: logDetail},
		{name: "man", summary: "print the manual page: usher man | man -l -", run: man},
	}
}
