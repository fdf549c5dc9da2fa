package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Account says how the box gets an account at a service (docs/pairing.md).
type Account struct {
	Issuer       string   // of the service's authorization server, https (RFC 8414); "": the service has no accounts
	ClientID     string   // "" is "usher-box"
	Scope        string   // what pairing asks for; "" is "playback"
	PairingHosts []string // that may show the page for the code, besides the issuer's
	AllowBearer  bool     // tokens that are not bound to the box's key are taken too
}

// Keys says where the keys of accounts are.
type Keys struct {
	Tier string // "auto", "tpm", "systemd", "file"
	TPM  string // device node or socket; "" is the kernel's resource manager
}

func accountKeys() []string {
	return []string{"issuer", "client_id", "scope", "pairing_hosts", "allow_bearer"}
}

// account reads what a table says about accounts.
func (s *Service) account(t map[string]any) (key string, err error) {
	a := &s.Account
	for _, f := range []struct {
		key     string
		to      *string
		allowed check
	}{{"issuer", &a.Issuer, issuer}, {"client_id", &a.ClientID, clientID}, {"scope", &a.Scope, scope}} {
		if *f.to, err = textOf(t[f.key], f.allowed); err != nil {
			return f.key, err
		}
	}
	if a.PairingHosts, err = wordsOf(t["pairing_hosts"], mediaHost); err != nil {
		return "pairing_hosts", err
	}
	word, err := textOf(t["allow_bearer"], oneOf("yes", "no"))
	if err != nil {
		return "allow_bearer", err
	}
	a.AllowBearer = word == "yes"
	if a.Issuer == "" {
		for _, k := range accountKeys()[1:] {
			if t[k] != nil {
				return k, errors.New("beside issuer, without which there are no accounts")
			}
		}
	}
	return "", nil
}

// textOf is a text that is allowed; "" when the key is not there.
func textOf(value any, allowed check) (string, error) {
	if value == nil {
		return "", nil
	}
	s, ok := value.(string)
	if !ok || len(s) > maxText {
		return "", errors.New("a text in quotes")
	}
	return s, allowed(s)
}

// issuer allows what RFC 8414 section 2 does, and http where nobody is in
// between: on the box itself.
func issuer(s string) error {
	u, err := url.Parse(s)
	if err == nil && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && !strings.Contains(s, "#") &&
		(u.Scheme == "https" || u.Scheme == "http" && onBox(u.Hostname())) {
		return nil
	}
	return errors.New(`an https address such as "https://accounts.films.example" without user, query and fragment`)
}

func onBox(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// clientID allows VSCHAR (RFC 6749 appendix A.1).
func clientID(s string) error {
	if s == "" || len(s) > 128 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("1 to 128 printable ASCII letters")
	}
	return nil
}

// scope allows words of RFC 6749 section 3.3. Pairing grants playback only:
// what buys is approved on the phone each time (docs/pairing.md).
func scope(s string) error {
	for word := range strings.SplitSeq(s, " ") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return fmt.Errorf(`words such as "playback offline_access"`)
		}
	}
	return nil
}

// toml adds what was said about the account.
func (a Account) toml(values map[string]any) {
	for k, v := range map[string]string{"issuer": a.Issuer, "client_id": a.ClientID, "scope": a.Scope} {
		if v != "" {
			values[k] = v
		}
	}
	if a.PairingHosts != nil {
		values["pairing_hosts"] = a.PairingHosts
	}
	if a.AllowBearer {
		values["allow_bearer"] = "yes"
	}
}
