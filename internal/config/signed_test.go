package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTokens: what services say is by host, and those that say nothing are
// left to the origin's own knowledge.
func TestTokens(t *testing.T) {
	l, err := load(t, `
[[service]]
id = "films"
url = "https://Films.example:8443/tv"
signing_parameters = ["token", "exp"]
[[service]]
id = "anime"
url = "https://anime.example"
signing_parameters = ["sig"]
media_hosts = ["cdn.example", "films.example"]
[[service]]
id = "plain"
url = "https://plain.example"
signing_parameters = []
[[service]]
id = "silent"
url = "https://silent.example"
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"films.example": {"token", "exp", "sig"}, "cdn.example": {"sig"}, "plain.example": nil,
	}
	if d := cmp.Diff(want, l.Tokens()); d != "" {
		t.Errorf("Tokens (-want +got):\n%s", d)
	}
}
