package archtest

import "slices"

// role says what a package is for others.
type role uint8

const (
	plain  role = iota
	driver      // talks to the machine: cmd/usherd and internal/sim import it, and tests
	fake        // stands in for something: tests, internal/sim and cmd/usherd import it
	edges       // the demo's edges: cmd/usherd imports it, and tests
	tool        // a program of its own that needs the drivers it names
	bench       // tries drivers on real parts: who may import it says so
)

// rule is one package of the house. Paths are relative to the module; one that
// ends in /... means everything below as well.
type rule struct {
	pkg   string
	may   []string // packages of ours it may import
	tests []string // packages of ours that its tests may import besides, fakes and vocabularies apart
	role  role
	pure  string // files (a pattern of path.Match) that must be pure; "" none
	why   string // said when the rule is broken
}

// vocabulary packages import nothing of ours and not each other, so that any
// part can speak them without taking on another part.
func vocabulary() []string {
	return []string{"device", "device/remote", "device/cec", "player", "cache", "firmware"}
}

// words are what the core and those around it speak.
func words(more ...string) []string {
	return append(more, "device", "device/remote", "device/cec", "player", "firmware", "internal/offer")
}

// The reasons that many rules have.
const (
	vocab = "a vocabulary imports nothing of ours"
	drive = "a driver knows its vocabulary only, so that another box needs another driver and nothing else"
	stand = "a fake knows what it stands for only"
	alone = "it must be of use, and testable, without the rest"
)

// rules is the house. A package without a line here fails the test.
func rules() []rule {
	return slices.Concat(deviceRules(), playerRules(), cacheRules(), firmwareRules(), insideRules(), commandRules())
}

// home is where a third-party library lives. None of its types may show in
// what such a package exports, so that a library can be replaced in one place.
type home struct {
	module string
	in     []string // packages that may import it
	tests  []string // packages whose tests may import it too
}

func homes() []home {
	return []home{
		{module: "github.com/godbus/dbus/v5", in: []string{"player/mpris", "player/playertest", "player/launch", "player/lab", "firmware/rauc", "firmware/rauc/rauctest", "device/logind", "device/uplink", "device/wifi"}, tests: []string{"cmd/usherd", "internal/sim"}},
		{module: "go.etcd.io/bbolt", in: []string{"cache", "internal/state", "cmd/boxoffice/shelf"}},
		{module: "github.com/grafov/m3u8", in: []string{"cache/hls", "cache/cachetest"}, tests: []string{"cache/..."}},
		{module: "github.com/gorilla/websocket", in: []string{"internal/ui", "internal/ui/web/mock", "cmd/usher"}, tests: []string{"internal/ui/...", "cmd/..."}},
		{module: "github.com/creachadair/jrpc2", in: []string{"internal/ui", "cmd/usher"}},
		{module: "github.com/BurntSushi/toml", in: []string{"internal/config", "internal/oem", "internal/theme"}},
		{module: "github.com/andybalholm/brotli", in: []string{"cache/serve"}},
		{module: "github.com/klauspost/compress", in: []string{"cache/serve", "firmware/image"}},
		{module: "github.com/theupdateframework/go-tuf/v2", in: []string{"firmware/trust", "firmware/release"}},
		{module: "github.com/sigstore/sigstore", in: []string{"firmware/release"}, tests: []string{"firmware/trust"}},
		{module: "github.com/google/go-tpm", in: []string{"device/keys/tpm"}},
		{module: "rsc.io/qr", in: []string{"internal/qr"}},
		{module: "golang.org/x/crypto", in: []string{"internal/household", "internal/phone", "internal/phone/phonetest"}},
		{module: "periph.io/x", in: []string{"device/panel"}},
		{module: "golang.org/x/sys", in: machine()},
		{module: "golang.org/x/net", in: []string{"internal/mdns"}},
		{module: "filippo.io/nistec", in: []string{"internal/spake2"}},

		{module: "github.com/google/go-cmp", in: []string{"player/playertest", "cache/cachetest", "firmware/firmwaretest"}, tests: []string{"..."}},
		{module: "go.uber.org/goleak", in: []string{"player/playertest", "cache/cachetest", "firmware/firmwaretest"}, tests: []string{"..."}},
		{module: "github.com/rogpeppe/go-internal", tests: []string{"cmd/..."}},
	}
}

// machine is where system calls and build tags may stand: drivers, the two
// that lock and sync files, systemd, and the commands (signals).
func machine() []string {
	return []string{
		"device/remote/evdev", "device/remote/remotetest", "device/remote/remotetest/handset", "device/cec/cecdev", "device/cec/cecdev/cecbox", "device/panel", "device/speech", "device/keys/kernel", "player/mpris", "player/launch", "player/lab",
		"firmware/rauc", "firmware/abslots", "firmware/fleet/installbench", "firmware/slotd", "cache", "internal/state", "systemd", "cmd/...",
	}
}

// impure are the standard packages that a pure file does not import: they
// wait, look at the world, or share memory. What is below them counts too,
// except for harmless.
func impure() []string {
	return []string{"context", "os", "net", "sync", "log", "math/rand", "crypto/rand", "runtime", "syscall", "unsafe", "io/fs", "testing"}
}

func harmless() []string { return []string{"net/url", "net/netip"} }

// clock are the functions of package time that a pure file does not call.
func clock() []string {
	return []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
}

// Limits of size, in lines. A limit that hurts is a sign, not a target.
const (
	maxFunction = 60
	maxFile     = 450 // not of tests
)

// longFunctions may be longer than maxFunction, for a reason; never longer
// than 100 lines.
func longFunctions() map[string]string {
	return map[string]string{
		"internal/archtest.rules": "a table, one line for each package",
	}
}
