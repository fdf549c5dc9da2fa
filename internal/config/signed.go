package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// serviceKeys are the keys of a [[service]], in the order of the file.
func serviceKeys() []string {
	return append([]string{"id", "url", "media_hosts", "signing_parameters"}, accountKeys()...)
}

const maxSigned = 32 // hosts or parameters of a service

// signed reads what a table says about the signed URLs of a service.
func (s *Service) signed(t map[string]any) (key string, err error) {
	if s.MediaHosts, err = wordsOf(t["media_hosts"], mediaHost); err != nil {
		return "media_hosts", err
	}
	if s.SigningParameters, err = wordsOf(t["signing_parameters"], parameter); err != nil {
		return "signing_parameters", err
	}
	if len(s.MediaHosts) > 0 && s.SigningParameters == nil {
		return "media_hosts", errors.New("beside signing_parameters, which is what is said about these hosts")
	}
	return "", nil
}

// wordsOf is a list of words of one kind; nil when the key is not there.
func wordsOf(value any, allowed check) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	words, ok := stringList(value)
	if !ok || len(words) > maxSigned {
		return nil, fmt.Errorf(`a list of at most %d words such as ["token", "expires"]`, maxSigned)
	}
	for _, w := range words {
		if err := allowed(w); err != nil {
			return nil, fmt.Errorf("a list of which each is %w, not %q", err, w)
		}
	}
	return words, nil
}

// mediaHost allows a name of DNS or an IPv4 address, without port.
func mediaHost(s string) error {
	u, err := url.Parse("http://" + s)
	if err != nil || s == "" || len(s) > 253 || u.Hostname() != s || s != strings.ToLower(s) ||
		strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") {
		return errors.New(`a lower-case host such as "cdn.films.example"`)
	}
	return nil
}

// parameter allows the name of a query parameter as it stands in a URL.
func parameter(s string) error {
	if s == "" || len(s) > 128 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("&=?#;", r) }) {
		return errors.New(`the name of a query parameter such as "token"`)
	}
	return nil
}

// signedHosts are those whose URLs carry the parameters: the service's own
// host when it names none.
func (s Service) signedHosts() []string {
	if len(s.MediaHosts) > 0 {
		return s.MediaHosts
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil // it was checked before
	}
	return []string{strings.ToLower(u.Hostname())}
}

// Tokens gives, by host (which stands for its sub-domains too), the query
// parameters that only sign a URL. Hosts about which the configuration says
// nothing are not in it; an empty list means that none does.
func (c *Config) Tokens() map[string][]string {
	m := map[string][]string{}
	for _, s := range c.Services {
		if s.SigningParameters == nil {
			continue
		}
		for _, h := range s.signedHosts() {
			m[h] = append(m[h], s.SigningParameters...)
		}
	}
	return m
}
