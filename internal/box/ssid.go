package box

import (
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestNetwork is the length of a network's name in octets (IEEE 802.11, SSID).
const longestNetwork = 32

// ShowName is how the name of a network is shown, given its octets, which need
// not be text: what is none, and what would move a cursor, is U+FFFD. ssid are
// the octets in hexadecimal digits, where the name that is shown is not they;
// else it is "". Two networks that are shown alike differ in it.
func ShowName(octets string) (name, ssid string) {
	var b strings.Builder
	for _, r := range octets { // an octet that is no text is U+FFFD here already
		if unicode.IsControl(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	if name = b.String(); name != octets {
		ssid = hex.EncodeToString([]byte(octets))
	}
	return name, ssid
}

// Octets are those of the network of a name as it is shown, and of its ssid,
// which counts where there is one. false: no network is called so.
func Octets(name, ssid string) (octets string, ok bool) {
	octets = name
	if ssid != "" {
		raw, err := hex.DecodeString(ssid)
		if err != nil {
			return "", false
		}
		octets = string(raw)
	}
	return octets, octets != "" && len(octets) <= longestNetwork
}
