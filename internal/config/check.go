package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A check says what a value should have been: its error completes the
// sentence "must be …".
type check func(string) error

const (
	maxServices  = 32
	maxArguments = 256
	maxText      = 4096 // bytes of any one value
)

// loopback allows host:port where nobody outside the box can reach it. The
// bridge has no transport security: on any other address it would be open.
func loopback(s string) error {
	errWant := errors.New(`a loopback address such as "127.0.0.1:8787" (port 0 picks a free one)`)
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return errWant
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errWant
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback() || ip.Zone() != "") {
		return errWant
	}
	return nil
}

func absolute(s string) error {
	if !filepath.IsAbs(s) || strings.ContainsRune(s, 0) {
		return errors.New("an absolute path")
	}
	return nil
}

func emptyOr(allowed check) check {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return allowed(s)
	}
}

// userName allows what useradd(8) does, and numbers.
func userName(s string) error {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c == '_'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && (i == 0 || c != '-') || i > 31 {
			return errors.New("the name of a user, such as \"oem-agent\"")
		}
	}
	return nil
}

// webAddress allows http and https addresses without user, query and fragment.
func webAddress(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("an address such as \"http://127.0.0.1:4318\"")
	}
	return nil
}

// panelPart allows what device/panel has a part for.
func panelPart(s string) error {
	kind, rest, _ := strings.Cut(s, ":")
	pins := map[string]int{"led": 1, "gpio-led": 1, "openvfd": 1, "tm1637": 2, "tm1650": 2, "tm1628": 3}[kind]
	names := strings.Split(rest, ",")
	if pins == 0 || len(names) != pins || slices.Contains(names, "") || strings.ContainsAny(rest, " /") {
		return errors.New(`a part of the front such as "led:power" or "tm1637:GPIO17,GPIO27"`)
	}
	return nil
}

// panelButton allows what device/panel can listen to. Whether there is such a
// key, and such a pin, is told when it is opened.
func panelButton(s string) error {
	keys, rest, _ := strings.Cut(s, ":")
	pin, level, leveled := strings.Cut(rest, ":")
	short, long, held := strings.Cut(keys, "/")
	if short == "" || held && long == "" || strings.Trim(short+long, alphanumeric) != "" ||
		pin == "" || strings.ContainsAny(pin, " /,") || leveled && level != "high" {
		return errors.New(`a button of the front such as "power:GPIO17" or "ok/menu:GPIO27:high"`)
	}
	return nil
}

// tvName allows what a television can show (HDMI-CEC, Set OSD Name).
func tvName(s string) error {
	if s == "" || len(s) > 14 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("1 to 14 printable ASCII letters")
	}
	return nil
}

// socketPath keeps within the 107 bytes that the kernel has room for (unix(7)).
func socketPath(s string) error {
	const longest = 107
	if s != "" && (absolute(s) != nil || len(s) > longest) {
		return fmt.Errorf("an absolute path of at most %d bytes, or empty for the usual place", longest)
	}
	return nil
}

func oneOf(allowed ...string) check {
	return func(s string) error {
		if slices.Contains(allowed, s) {
			return nil
		}
		return errors.New("one of " + strings.Join(allowed, ", "))
	}
}

// dbusAddress allows the words for a bus, or an address as in the D-Bus
// specification, "Server Addresses": transport:key=value,….
func dbusAddress(s string) error {
	transport, rest, ok := strings.Cut(s, ":")
	if oneOf("auto", "session", "private", "system")(s) == nil || ok && transport != "" && strings.Contains(rest, "=") {
		return nil
	}
	return errors.New(`auto, session, private, system, or a D-Bus address such as "unix:path=/run/bus"`)
}

func busName(s string) error {
	if s == "" || len(s) <= 255 && strings.Trim(s, alphanumeric+"_-.") == "" && strings.Contains(s, ".") {
		return nil
	}
	return errors.New(`the beginning of a D-Bus name such as "org.mpris.MediaPlayer2.vlc"`)
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func language(s string) error {
	if s == "" {
		return nil
	}
	for i, part := range strings.Split(s, "-") {
		if len(part) < 2-min(i, 1) || len(part) > 8 || strings.Trim(part, alphanumeric) != "" || i == 0 && len(part) > 3 {
			return errors.New(`a BCP 47 language tag such as "de" or "zh-Hans"`)
		}
	}
	return nil
}

func country(s string) error {
	if s == "" || len(s) == 2 && strings.Trim(s, alphanumeric[26:52]) == "" {
		return nil
	}
	return errors.New(`a two-letter country code in capitals such as "DE"`)
}

func serviceID(s string) error {
	if s != "" && len(s) <= 32 && strings.Trim(s[:1], alphanumeric[:26]) == "" &&
		strings.Trim(s, alphanumeric[:26]+alphanumeric[52:]+"-") == "" {
		return nil
	}
	return errors.New("a lower-case letter followed by up to 31 lower-case letters, digits and dashes")
}

func serviceURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New(`an address such as "https://films.example" without user, query and fragment`)
	}
	return nil
}

// bootLoader allows the places that firmware/abslots knows.
func bootLoader(s string) error {
	kind, path, found := strings.Cut(s, ":")
	known := slices.Contains([]string{"uboot", "grub", "systemd-boot"}, kind)
	if s == "usher-boot" || known && found && absolute(path) == nil {
		return nil
	}
	return errors.New("usher-boot, uboot:PATH, grub:PATH or systemd-boot:PATH, each with an absolute path")
}

// plainWord allows what names a board or a group of boxes.
func plainWord(s string) error {
	for _, c := range s {
		if c <= ' ' || c > '~' {
			return errors.New("a word without spaces, such as \"acme-stick-3\"")
		}
	}
	if s == "" || len(s) > 64 {
		return errors.New("a word of 1 to 64 letters")
	}
	return nil
}
