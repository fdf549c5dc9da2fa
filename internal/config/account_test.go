package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAccount(t *testing.T) {
	l, err := load(t, `
[[service]]
id = "films"
url = "https://films.example"
issuer = "https://accounts.films.example/tenant"
client_id = "tv box"
scope = "playback offline_access"
pairing_hosts = ["films.example"]
allow_bearer = "yes"
[[service]]
id = "anime"
url = "https://anime.example"
issuer = "http://127.0.0.1:9700"
[[service]]
id = "plain"
url = "https://plain.example"
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Account{
		{Issuer: "https://accounts.films.example/tenant", ClientID: "tv box", Scope: "playback offline_access", PairingHosts: []string{"films.example"}, AllowBearer: true},
		{Issuer: "http://127.0.0.1:9700"},
		{},
	}
	for i, s := range l.Services {
		if d := cmp.Diff(want[i], s.Account); d != "" {
			t.Errorf("%s (-want +got):\n%s", s.ID, d)
		}
	}
	checkPrint(t, l)
}

func TestAccountMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`issuer = "http://films.example"`:                                 "an https address",
		`issuer = "https://films.example?x=1"`:                            "without user, query",
		`issuer = 1`:                                                      "a text in quotes",
		`client_id = "tv"`:                                                "beside issuer",
		"issuer = 'https://a.example'\nclient_id = \"\\u00e9\"":           "printable ASCII",
		"issuer = 'https://a.example'\nscope = ' '":                       "words such as",
		"issuer = 'https://a.example'\npairing_hosts = ['https://b']":     "a lower-case host",
		"issuer = 'https://a.example'\nallow_bearer = 'perhaps'":          "one of yes, no",
		"issuer = 'https://a.example'\nissuers = 'https://a.example'":     "did you mean service 1: issuer",
		"issuer = 'https://a.example'\nclient_id = 'a'\nclient_id = 'b'":  "already been defined",
		"issuer = 'https://user:secret@a.example'\nallow_bearer = 'true'": "without user",
	} {
		_, err := load(t, "[[service]]\nid = 'films'\nurl = 'https://films.example'\n"+line+"\n", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", line, err)
		}
	}
}
