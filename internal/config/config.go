// Package config is what usherd is told: defaults, then the overlay of whoever
// made the box, then a TOML file, then USHER_* environment variables, then
// flags, each over the one before.
//
// It guarantees that a Config it returns is complete and in range, that
// nothing is overlooked in silence (an unknown key is an error that names the
// nearest known one), and that Print writes what Load reads back to the same
// Config. Load reads two files and blocks no longer than that; whether
// an overlay is believed is for whoever opens it to say. The package never looks
// at global state, creates no folder and opens no socket.
package config

import "time"

// Config is the whole configuration. The TOML name of a field and what it is
// for stand in the table in settings.go, which -h prints as well.
type Config struct {
	Listen    string // host:port of the page and the bridge; loopback only
	Media     string // host:port of the origin that the player reads; loopback only
	Socket    string // unix socket of the local API; "" is the usual place
	StateDir  string // absolute path
	CacheDir  string // absolute path
	Language  string // BCP 47; "" leaves the choice to the page
	Subtitles string // BCP 47; "" shows none until somebody chooses some
	Country   string // ISO 3166-1 alpha-2; "" is the one a service names
	Services  []Service
	Player    Player
	Cache     Cache
	Prefetch  Prefetch
	Network   Network
	Remote    Remote
	Panel     Panel
	TV        TV
	Power     Power
	Firmware  Firmware
	Hawkbit   Hawkbit
	Keys      Keys
	Bundle    Bundle
	OEM       OEM
	Bridge    Bridge
	Speech    Speech
	Phone     Phone
	Theme     string // absolute path of a brand's theme; "" is Usher's own
	Log       Log
}

// Service is a streaming service that the box carries.
type Service struct {
	ID  string // short name in title ids: a letter, then letters, digits and dashes
	URL string // http or https; without user, query and fragment
	// SigningParameters are the query parameters of its media URLs that only
	// say who may read, and until when: the cache finds a film again under
	// another signature. Nil: those of well-known CDNs, each confirmed by the
	// service; empty: none.
	SigningParameters []string
	MediaHosts        []string // where they are used, and on sub-domains; none: the host of URL
	Account           Account
}

// Player says which native player plays and where it is found.
type Player struct {
	Kind    string   // "mpv" or "vlc" (started and supervised), "mpris" (any other), "simulated"
	Bus     string   // "auto", "session", "private", "system" or a D-Bus address
	Between string   // "black" or "last_frame": what is seen after a title, until the next
	Name    string   // kind mpris: beginning of its bus name
	Command []string // program, and arguments added to the built-in ones; kind "mpris": all of them, or empty for a player that somebody else starts
}

// Cache limits what is kept on the box and which rendition it begins with.
type Cache struct {
	RAM            Size
	Disk           Size
	StartBandwidth Rate     // a film begins with the best rendition below it
	MaxHeight      int      // of the picture, in lines
	Hold           Duration // how long a film may wait for a dead network before it fails
	Ahead          Duration // how far ahead of the player a film is read
	Connections    int      // requests at a time to one host of a service
}

// Prefetch limits what is fetched before anybody asks for it.
type Prefetch struct {
	Kits    string   // "on", "off"
	Day     Size     // from services in a day
	Flash   Size     // of these, to the flash
	Seconds Duration // of film in a full kit
	Keys    string   // "on", "off": decryption keys belong to a kit
	Night   Window
}

// Network is what the box is to know about its network.
type Network struct {
	Metered string // "yes": it is paid for by the byte; "no"; "auto": as NetworkManager says
	Radio   string // "auto", "off", "simulated"
}

// Remote is how remotes in /dev/input are read.
type Remote struct {
	Read   string // "auto", "on", "off"
	Keymap string // absolute path; "" is the built-in table alone
}

// Panel is the front of the box.
type Panel struct {
	Parts   []string // "KIND:NAME" or "KIND:PIN,PIN…"
	Buttons []string // "KEY:PIN", "KEY/LONG:PIN", "KEY:PIN:high"
}

// TV is how the box gets on with the television, over HDMI-CEC.
type TV struct {
	Mode     string // "full", "wake_only", "keys_only", "off"
	Name     string // shown by the television: the brand of the box
	Device   string // "" the first adapter; a device node
	Wake     string // "key", "play", "never": which acts of a person light the television
	Sleep    string // "shown", "always", "never": the television goes to standby with the box
	Follow   string // "yes", "no": the box goes to standby with the television
	Volume   string // "auto", "tv", "audio-system", "box"
	Hold     string // "auto", "repeat", "release": how the television sends a key that is held
	Language string // "yes", "no": the television's language is taken over
	Deck     string // "yes", "no": Deck Control
	Pretend  string // "no", "lg": of which maker the box says that it is
	Quirks   string // absolute path, or "oem:NAME": what televisions of some makers do differently; "" only what is built in
	Version  string // "2.0", "1.4": of CEC
}

// Power is when the box goes to standby by itself.
type Power struct {
	Idle Duration // without an act of a person or a picture that moves; 0 is never
}

// Firmware is where the box finds its updates and keeps them. Without URL it
// has none of its own; a demo makes them itself.
type Firmware struct {
	Kind   string   // "files": usherd writes two slots of its own; "rauc": RAUC writes its slots, over D-Bus
	URL    string   // of the repository, https or loopback
	Root   string   // absolute path of the root metadata that the box left the factory with
	Board  string   // what the box is, as releases name it
	Groups []string // that it was put into, such as "lab"
	Helper string   // socket of the program that writes slots; "" this process does
	Loader string   // where the boot loader keeps its choice: "usher-boot", or "KIND:PATH"
	Record string   // absolute path of the boot record, a file or a partition
	Slots  []string // absolute paths of slots a and b, files or partitions
	Auto   string   // "yes", "no": what is offered is written without a person who asks
	Hours  Window   // in which a box that is on, with nobody there, may start anew; empty: only in standby
	// Version and Counter are those of the firmware that the box left the factory
	// with, for kind "rauc": RAUC knows only what it has installed itself.
	Version string
	Counter int
}

// Hawkbit is the Eclipse hawkBit that says which releases the box takes. Without
// URL the signed list alone says so.
type Hawkbit struct {
	URL    string // https or loopback
	Tenant string
	ID     string // of the box, as hawkBit knows it; "" its serial number
	Token  string // absolute path of a file with the box's token
	Kind   string // "target": the token is this box's; "gateway": that of a gateway
}

// Bridge is who may do what on the local API, and where its traces go.
type Bridge struct {
	OEMUser string // user who has the role oem on the unix socket; "" nobody
	Trace   string // OTLP/HTTP address that spans of key presses are sent to; "" none are made
}

// Speech is the voice for those who hear the screen. Whether it speaks is chosen
// on the screen.
type Speech struct {
	Program string // "auto", "speech-dispatcher", "espeak-ng", "off"
}

// Phone is whether phones may act as remotes. Whether they do is chosen on the
// screen.
type Phone struct {
	Allow string // "yes", "no"
	Port  int    // of the listener on the LAN; 0 is any that is free
}

// Log is how the daemon logs, to its standard error.
type Log struct {
	Level  string // "debug", "info", "warn", "error"
	Format string // "text", "json"
}

// Default is the configuration without file, environment and flags.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8787",
		Media:    "127.0.0.1:8788",
		StateDir: "/var/lib/usher",
		CacheDir: "/var/cache/usher",
		Player:   Player{Kind: "mpv", Bus: "auto", Between: "black"},
		Cache: Cache{
			RAM:            64 << 20,
			Disk:           2 << 30,
			StartBandwidth: 3_500_000,
			MaxHeight:      1080,
			Hold:           Duration(2 * time.Minute),
			Ahead:          Duration(90 * time.Second),
			Connections:    6,
		},
		Prefetch: Prefetch{Kits: "on", Day: 1 << 30, Flash: 256 << 20, Seconds: Duration(8 * time.Second), Keys: "off"},
		Network:  Network{Metered: "auto", Radio: "auto"},
		Remote:   Remote{Read: "auto"},
		TV: TV{
			Mode: "full", Name: "Usher", Wake: "key", Sleep: "shown", Follow: "yes", Volume: "auto", Hold: "auto",
			Language: "yes", Deck: "yes", Pretend: "no", Version: "2.0",
		},
		Power:    Power{Idle: Duration(4 * time.Hour)},
		Firmware: Firmware{Kind: "files", Helper: "/run/usher-slots.sock", Loader: "usher-boot", Auto: "yes", Hours: Window{From: 2 * time.Hour, Until: 5 * time.Hour}},
		Hawkbit:  Hawkbit{Tenant: "default", Kind: "target"},
		Keys:     Keys{Tier: "auto"},
		OEM:      OEM{Overlay: "/usr/share/usher/oem.overlay", Keys: "/usr/share/usher/oem-keys.json"},
		Speech:   Speech{Program: "auto"},
		Phone:    Phone{Allow: "yes", Port: 8789},
		Log:      Log{Level: "info", Format: "text"},
	}
}
