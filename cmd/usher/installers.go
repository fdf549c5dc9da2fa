package main

// installerVerbs are what those need who set boxes up and hand them over.
func installerVerbs() []verb {
	return []verb{
		{name: "pair", summary: "connect the box with an account: a code and a QR code", run: pair, flags: pairFlagSet, detail: pairDetail},
		{name: "unpair", summary: "disconnect the box from its account, and wipe it", run: unpair, flags: serviceFlag, detail: unpairDetail},
		{name: "handover", summary: "take everything of the household off the box, and prove it", run: handover, flags: handoverFlags, detail: handoverDetail},
		{name: "reset", summary: "wipe the box as it came from the factory", run: reset, flags: resetFlags, detail: resetDetail},
		{name: "log", args: "bundle [FILE]", min: 1, most: 2, summary: "pack what helps to find a fault, without secrets", run: logs, detail: logDetail},
		{name: "man", summary: "print the manual page: usher man | man -l -", run: man},
	}
}
