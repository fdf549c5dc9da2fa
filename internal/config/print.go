package config

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/BurntSushi/toml"
)

// Print writes the configuration as TOML that Load reads back to the same
// Config. A comment beside each value says where it came from.
func (l *Loaded) Print(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# What usherd runs with, and where each value came from.\n# Saved to a file it can be given to -config.\n")
	table := ""
	for _, s := range settings() {
		name := s.key
		if t, n, ok := strings.Cut(s.key, "."); ok {
			name = n
			if t != table {
				table = t
				fmt.Fprintf(&b, "\n[%s]\n", t)
			}
		}
		line, err := assignment(name, s.get(&l.Config))
		if err != nil {
			return fmt.Errorf("print %s: %w", s.key, err)
		}
		fmt.Fprintf(&b, "%s # %s\n", line, comment(l.Source(s.key)))
	}
	for _, s := range l.Services {
		text, err := s.toml()
		if err != nil {
			return fmt.Errorf("print service %q: %w", s.ID, err)
		}
		fmt.Fprintf(&b, "\n[[service]] # %s\n%s", comment(l.Source("service")), text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// toml is what stands below [[service]].
func (s Service) toml() (string, error) {
	values := map[string]any{"id": s.ID, "url": s.URL}
	if s.MediaHosts != nil {
		values["media_hosts"] = s.MediaHosts
	}
	if s.SigningParameters != nil {
		values["signing_parameters"] = s.SigningParameters
	}
	s.Account.toml(values)
	var b strings.Builder
	for _, k := range serviceKeys() {
		if v, ok := values[k]; ok {
			line, err := assignment(k, v)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&b, line)
		}
	}
	return b.String(), nil
}

// comment keeps a file name with a line break in it from ending the comment.
func comment(s Source) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s.String(), "?"))
}

// assignment is "name = value" with the value quoted as TOML wants it.
func assignment(name string, value any) (string, error) {
	if words, ok := value.([]string); ok && words == nil {
		value = []string{} // nil would be left out
	}
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(map[string]any{name: value}); err != nil {
		return "", err
	}
	return strings.TrimSpace(b.String()), nil
}
