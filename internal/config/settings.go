package config

import (
	"encoding"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// setting is one key: how it is named in the file (and from that in the
// environment), its flag if it has one, and how it gets in and out of a Config.
type setting struct {
	key  string
	flag string
	arg  string // what the flag's argument is called in -h
	doc  string
	get  func(*Config) any // string, int or []string, as it stands in the file
	set  func(*Config, string) error
	// words sets a list as a file has it; nil for what is none.
	words func(*Config, []string) error
	file  bool // the value names a file, which may be of the overlay
}

// env is the environment variable: "player.kind" is USHER_PLAYER_KIND.
func (s setting) env() string {
	return "USHER_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// settings is every key in the order of the file.
func settings() []setting {
	return slices.Concat(boxSettings(), tvSettings(), accessSettings(), firmwareSettings())
}

// boxSettings are what the box plays, by what, and what belongs to it.
func boxSettings() []setting {
	return []setting{
		text("listen", "page and bridge, loopback only", func(c *Config) *string { return &c.Listen }, loopback).named("listen", "ADDRESS"),
		text("media", "origin that the player reads from, loopback only", func(c *Config) *string { return &c.Media }, loopback).named("media", "ADDRESS"),
		text("socket", "unix socket of the local API; empty is the usual place", func(c *Config) *string { return &c.Socket }, socketPath).named("socket", "PATH"),
		text("state_dir", "what must survive: positions, pairing, settings", func(c *Config) *string { return &c.StateDir }, absolute).named("state", "DIR"),
		text("cache_dir", "what may be lost: film data, catalogues", func(c *Config) *string { return &c.CacheDir }, absolute).named("cache", "DIR"),
		text("language", "preferred language (BCP 47); empty leaves it to the page", func(c *Config) *string { return &c.Language }, language),
		text("subtitles", "language of the subtitles shown from the start (BCP 47); empty shows none until they are chosen", func(c *Config) *string { return &c.Subtitles }, language),
		text("country", "where the box stands (ISO 3166-1); empty asks the service", func(c *Config) *string { return &c.Country }, country),
		text("theme", "a brand's colours, logo, radius and type for the page; empty is Usher's own", func(c *Config) *string { return &c.Theme }, emptyOr(fileName)).ofFile(),
		text("player.kind", "mpv or vlc (started by usherd), mpris (any other) or simulated", func(c *Config) *string { return &c.Player.Kind }, oneOf("mpv", "vlc", "mpris", "simulated")),
		text("player.bus", "auto, session, private, system or a D-Bus address", func(c *Config) *string { return &c.Player.Bus }, dbusAddress),
		text("player.between", "after a title, until the next: black (the player lets the screen go) or last_frame", func(c *Config) *string { return &c.Player.Between }, oneOf("black", "last_frame")),
		text("player.name", "kind mpris: the beginning of the player's bus name", func(c *Config) *string { return &c.Player.Name }, busName),
		list("player.command", "program, and arguments added to the built-in ones; kind mpris: all of them, or empty for one that is running", func(c *Config) *[]string { return &c.Player.Command }),
		unmarshalled("cache.ram", "film data kept in memory", func(c *Config) *Size { return &c.Cache.RAM }),
		unmarshalled("cache.disk", "film data kept in cache_dir", func(c *Config) *Size { return &c.Cache.Disk }),
		unmarshalled("cache.start_bandwidth", "a film begins with the best rendition below this", func(c *Config) *Rate { return &c.Cache.StartBandwidth }),
		number("cache.max_height", "tallest picture that is played, in lines", func(c *Config) *int { return &c.Cache.MaxHeight }, 144, 4320),
		unmarshalled("cache.hold", "how long a film waits for a dead network", func(c *Config) *Duration { return &c.Cache.Hold }),
		unmarshalled("cache.ahead", "how far ahead of the player a film is read", func(c *Config) *Duration { return &c.Cache.Ahead }),
		number("cache.connections", "requests at a time to one host of a service", func(c *Config) *int { return &c.Cache.Connections }, 1, 64),
		text("prefetch.kits", "on or off: the beginning of what may be played next is fetched", func(c *Config) *string { return &c.Prefetch.Kits }, oneOf("on", "off")),
		unmarshalled("prefetch.day", "fetched ahead of a start in a day at most", func(c *Config) *Size { return &c.Prefetch.Day }),
		unmarshalled("prefetch.flash", "of it, kept in cache_dir at most", func(c *Config) *Size { return &c.Prefetch.Flash }),
		unmarshalled("prefetch.seconds", "of film fetched ahead of a likely start", func(c *Config) *Duration { return &c.Prefetch.Seconds }),
		text("prefetch.keys", "on or off: decryption keys are fetched ahead as well", func(c *Config) *string { return &c.Prefetch.Keys }, oneOf("on", "off")),
		unmarshalled("prefetch.night", "window such as 02:00-05:00 for what may be watched tomorrow; empty is none", func(c *Config) *Window { return &c.Prefetch.Night }),
		text("network.metered", "auto, yes or no: the network is paid for by the byte; auto asks NetworkManager", func(c *Config) *string { return &c.Network.Metered }, oneOf("auto", "yes", "no")),
		text("network.radio", "auto, off or simulated: whose Wi-Fi the screen sets up; auto is the box's, and a simulated one in a demo", func(c *Config) *string { return &c.Network.Radio }, oneOf("auto", "off", "simulated")),
		text("remote.read", "auto, on or off: remotes in /dev/input; auto is off in a demo", func(c *Config) *string { return &c.Remote.Read }, oneOf("auto", "on", "off")),
		text("remote.keymap", "what the buttons of remotes mean, over the built-in table", func(c *Config) *string { return &c.Remote.Keymap }, emptyOr(fileName)).ofFile(),
		list("panel.parts", "the front of the box: led:NAME, gpio-led:PIN, openvfd:SYMBOL, tm1637:CLOCK,DATA, tm1650:CLOCK,DATA, tm1628:CLOCK,DATA,STROBE", func(c *Config) *[]string { return &c.Panel.Parts }, panelPart),
		list("panel.buttons", "buttons of the front on GPIO pins: KEY:PIN, KEY/LONG:PIN for a button that is held, and :high at the end of one that is high when pressed", func(c *Config) *[]string { return &c.Panel.Buttons }, panelButton),
	}
}

// tvSettings are how the box and the television at its cable act together.
func tvSettings() []setting {
	return []setting{
		text("tv.mode", "full, wake_only, keys_only or off: how far the box and the TV act together", func(c *Config) *string { return &c.TV.Mode }, oneOf("full", "wake_only", "keys_only", "off")),
		text("tv.name", "what the TV calls the box, 1 to 14 letters", func(c *Config) *string { return &c.TV.Name }, tvName),
		text("tv.device", "HDMI-CEC adapter; empty is the first that a television is found at", func(c *Config) *string { return &c.TV.Device }, emptyOr(absolute)),
		text("tv.wake", "key, play or never: what a person does that turns the TV on", func(c *Config) *string { return &c.TV.Wake }, oneOf("key", "play", "never")),
		text("tv.sleep", "shown, always or never: the TV is turned off with the box", func(c *Config) *string { return &c.TV.Sleep }, oneOf("shown", "always", "never")),
		text("tv.follow", "yes or no: the box goes to standby with the TV", func(c *Config) *string { return &c.TV.Follow }, oneOf("yes", "no")),
		text("tv.volume", "auto, tv, audio-system or box: where volume keys go", func(c *Config) *string { return &c.TV.Volume }, oneOf("auto", "tv", "audio-system", "box")),
		text("tv.hold", "auto, repeat or release: how the TV sends a key that is held", func(c *Config) *string { return &c.TV.Hold }, oneOf("auto", "repeat", "release")),
		text("tv.language", "yes or no: the TV's language is taken over", func(c *Config) *string { return &c.TV.Language }, oneOf("yes", "no")),
		text("tv.deck", "yes or no: play and stop keys by Deck Control", func(c *Config) *string { return &c.TV.Deck }, oneOf("yes", "no")),
		text("tv.pretend", "no or lg: of which maker the box says it is, for TVs that pass on all keys to their own maker's boxes only", func(c *Config) *string { return &c.TV.Pretend }, oneOf("no", "lg")),
		text("tv.quirks", "what televisions of some makers do differently, before what is built in", func(c *Config) *string { return &c.TV.Quirks }, emptyOr(fileName)).ofFile(),
		text("tv.version", "2.0 or 1.4, of CEC", func(c *Config) *string { return &c.TV.Version }, oneOf("2.0", "1.4")),
	}
}

// accessSettings are when the box rests, who may do what with it, and what it says.
func accessSettings() []setting {
	return []setting{
		unmarshalled("power.idle", "without an act of anybody and without a film, until standby; 0s is never", func(c *Config) *Duration { return &c.Power.Idle }),
		text("keys.tier", "auto, tpm, systemd, file or kernel: where the keys of accounts are kept; auto is the best there is of the first three", func(c *Config) *string { return &c.Keys.Tier }, oneOf("auto", "tpm", "systemd", "file", "kernel")),
		text("keys.tpm", "device of the TPM; empty is /dev/tpmrm0", func(c *Config) *string { return &c.Keys.TPM }, emptyOr(absolute)),
		text("bundle.keys", "key set (JWK) of those whose bundles usher apply takes; empty: nobody's", func(c *Config) *string { return &c.Bundle.Keys }, emptyOr(fileName)).ofFile(),
		text("bundle.serial", "serial number of the box, as bundles name it; empty asks the firmware", func(c *Config) *string { return &c.Bundle.Serial }, emptyOr(plainWord)),
		text("bridge.oem_user", "user whose programs have the role oem on the unix socket; empty is nobody", func(c *Config) *string { return &c.Bridge.OEMUser }, emptyOr(userName)),
		text("bridge.trace", "OTLP/HTTP address that traces of key presses are sent to; empty makes none", func(c *Config) *string { return &c.Bridge.Trace }, emptyOr(webAddress)),
		text("speech.program", "auto, speech-dispatcher, espeak-ng or off: the voice for those who hear the screen", func(c *Config) *string { return &c.Speech.Program }, oneOf("auto", "speech-dispatcher", "espeak-ng", "off")),
		text("phone.allow", "yes or no: phones may act as remotes, once somebody switches it on on the screen", func(c *Config) *string { return &c.Phone.Allow }, oneOf("yes", "no")),
		number("phone.port", "where phones connect, on the box's addresses on the LAN; 0 is any free one", func(c *Config) *int { return &c.Phone.Port }, 0, 65535),
		text("log.level", "debug, info, warn or error", func(c *Config) *string { return &c.Log.Level }, oneOf("debug", "info", "warn", "error")),
		text("log.format", "text or json", func(c *Config) *string { return &c.Log.Format }, oneOf("text", "json")),
	}
}

// firmwareSettings are where updates come from and go to, and what whoever made
// the box signed.
func firmwareSettings() []setting {
	return []setting{
		text("firmware.kind", "files (usherd, or its helper, writes the two slots below) or rauc (RAUC writes its slots, over D-Bus; releases are bundles)", func(c *Config) *string { return &c.Firmware.Kind }, oneOf("files", "rauc")),
		text("firmware.url", "repository of signed firmware, https; empty: the box has none of its own", func(c *Config) *string { return &c.Firmware.URL }, emptyOr(webAddress)),
		text("firmware.root", "root metadata (root.json) that the box left the factory with", func(c *Config) *string { return &c.Firmware.Root }, emptyOr(fileName)).ofFile(),
		text("firmware.board", "what the box is, as releases name it", func(c *Config) *string { return &c.Firmware.Board }, emptyOr(plainWord)),
		list("firmware.groups", "groups of boxes that this one is in, such as lab", func(c *Config) *[]string { return &c.Firmware.Groups }, plainWord),
		text("firmware.helper", "socket of the program that writes slots; empty: usherd opens them itself", func(c *Config) *string { return &c.Firmware.Helper }, emptyOr(absolute)),
		text("firmware.loader", "usher-boot (it reads the boot record), uboot:/etc/fw_env.config, grub:/boot/grub/grubenv or systemd-boot:/boot/loader/entries", func(c *Config) *string { return &c.Firmware.Loader }, bootLoader),
		text("firmware.record", "boot record: a file or partition of 1 MiB", func(c *Config) *string { return &c.Firmware.Record }, emptyOr(absolute)),
		list("firmware.slots", "slot a and slot b: files or partitions; the kernel is told usher.slot=a or b", func(c *Config) *[]string { return &c.Firmware.Slots }, absolute),
		text("firmware.auto", "yes or no: what is offered is written without a person who asks", func(c *Config) *string { return &c.Firmware.Auto }, oneOf("yes", "no")),
		unmarshalled("firmware.hours", "window such as 02:00-05:00 in which a box that is on, with nobody there, may start anew; empty: in standby only", func(c *Config) *Window { return &c.Firmware.Hours }),
		text("firmware.version", "kind rauc: the version that the box left the factory with", func(c *Config) *string { return &c.Firmware.Version }, emptyOr(plainWord)),
		number("firmware.counter", "kind rauc: the counter of that version", func(c *Config) *int { return &c.Firmware.Counter }, 0, 1<<31-1),
		text("hawkbit.url", "Eclipse hawkBit that says which of the signed releases the box takes, https; empty: the signed list says so", func(c *Config) *string { return &c.Hawkbit.URL }, emptyOr(webAddress)),
		text("hawkbit.tenant", "its tenant", func(c *Config) *string { return &c.Hawkbit.Tenant }, plainWord),
		text("hawkbit.id", "controller id of the box; empty is its serial number", func(c *Config) *string { return &c.Hawkbit.ID }, emptyOr(plainWord)),
		text("hawkbit.token", "file with the security token", func(c *Config) *string { return &c.Hawkbit.Token }, emptyOr(absolute)),
		text("hawkbit.kind", "target or gateway: whose token that is", func(c *Config) *string { return &c.Hawkbit.Kind }, oneOf("target", "gateway")),
		text("oem.overlay", "what whoever made the box signed for it: brand, services, keys; empty takes none", func(c *Config) *string { return &c.OEM.Overlay }, emptyOr(absolute)),
		text("oem.keys", "key set (JWK) that the overlay is verified with", func(c *Config) *string { return &c.OEM.Keys }, absolute),
	}
}

func (s setting) named(flag, arg string) setting {
	s.flag, s.arg = flag, arg
	return s
}

// ofFile marks a setting whose value names a file.
func (s setting) ofFile() setting {
	s.file = true
	return s
}

func text(key, doc string, field func(*Config) *string, allowed check) setting {
	return setting{
		key: key, doc: doc,
		get: func(c *Config) any { return *field(c) },
		set: func(c *Config, v string) error {
			if len(v) > maxText {
				return fmt.Errorf("shorter than %d bytes", maxText)
			}
			*field(c) = v
			return allowed(v)
		},
	}
}

func number(key, doc string, field func(*Config) *int, lowest, highest int) setting {
	return setting{
		key: key, doc: doc,
		get: func(c *Config) any { return *field(c) },
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < lowest || n > highest {
				return fmt.Errorf("a whole number from %d to %d", lowest, highest)
			}
			*field(c) = n
			return nil
		},
	}
}

func list(key, doc string, field func(*Config) *[]string, each ...check) setting {
	words := func(c *Config, list []string) error {
		for _, w := range list {
			for _, allowed := range each {
				if err := allowed(w); err != nil {
					return fmt.Errorf("a list of which each is %w, not %q", err, clip(w))
				}
			}
		}
		return setList(field(c), list)
	}
	return setting{
		key: key, doc: doc,
		get:   func(c *Config) any { return *field(c) },
		set:   func(c *Config, v string) error { return words(c, strings.Fields(v)) },
		words: words,
	}
}

func setList(to *[]string, words []string) error {
	if len(words) > maxArguments {
		return fmt.Errorf("at most %d words", maxArguments)
	}
	for _, w := range words {
		if len(w) > maxText || strings.ContainsRune(w, 0) {
			return errors.New("words of reasonable length")
		}
	}
	*to = nil
	if len(words) > 0 {
		*to = words
	}
	return nil
}

// unmarshalled is a setting whose type reads itself.
func unmarshalled[T fmt.Stringer, P interface {
	*T
	encoding.TextUnmarshaler
}](key, doc string, field func(*Config) P,
) setting {
	return setting{
		key: key, doc: doc,
		get: func(c *Config) any { return (*field(c)).String() },
		set: func(c *Config, v string) error { return field(c).UnmarshalText([]byte(v)) },
	}
}
