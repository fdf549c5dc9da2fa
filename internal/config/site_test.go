package config

import (
	"errors"
	"strings"
	"testing"
)

func loaded(t *testing.T, args ...string) *Loaded {
	t.Helper()
	file := `language = "en"
[[service]]
id = "films"
url = "https://films.example"
issuer = "https://films.example"
media_hosts = ["cdn.films.example"]
signing_parameters = ["token"]
`
	l, err := Load(Input{Args: append([]string{"-config", "usher.toml"}, args...), ReadFile: func(string) ([]byte, error) { return []byte(file), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestABundleIsOverTheFile(t *testing.T) {
	l := loaded(t)
	next, err := l.With(Site{Language: "th", Metered: "yes", Brand: "Hotel Nord", Services: []SiteService{
		{ID: "news", URL: "https://news.example"}, {ID: "films", URL: "https://tv.example", Issuer: "https://id.example"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if next.Language != "th" || next.Network.Metered != "yes" || next.TV.Name != "Hotel Nord" || next.Source("language").Kind != FromBundle {
		t.Errorf("%+v", next.Config)
	}
	films := next.Services[1]
	if len(next.Services) != 2 || next.Services[0].ID != "news" || films.URL != "https://tv.example" || films.Account.Issuer != "https://id.example" || films.MediaHosts == nil {
		t.Errorf("services %+v", next.Services)
	}
	if l.Language != "en" || len(l.Services) != 1 || l.Services[0].URL != "https://films.example" || l.Source("language").Kind != FromFile {
		t.Errorf("the configuration below was changed: %+v", l.Config)
	}
	same, err := l.With(Site{})
	if err != nil || same.Language != "en" || len(same.Services) != 1 {
		t.Errorf("an empty bundle: %+v, %v", same, err)
	}
}

func TestByHandIsOverABundle(t *testing.T) {
	l, err := Load(Input{Environ: []string{"USHER_LANGUAGE=de", "USHER_SERVICES=mine=https://mine.example"}})
	if err != nil {
		t.Fatal(err)
	}
	next, err := l.With(Site{Language: "th", Services: []SiteService{{ID: "news", URL: "https://news.example"}}})
	if err != nil || next.Language != "de" || len(next.Services) != 1 || next.Services[0].ID != "mine" {
		t.Errorf("%+v, %v", next.Config, err)
	}
}

func TestWhatABundleMayNotSet(t *testing.T) {
	for says, s := range map[string]Site{
		"language":        {Language: "not a language"},
		"network.metered": {Metered: "perhaps"},
		"tv.name":         {Brand: "A name that is longer than a TV can show"},
		"url":             {Services: []SiteService{{ID: "news", URL: "file:///etc/passwd"}}},
		"issuer":          {Services: []SiteService{{ID: "news", URL: "https://news.example", Issuer: "http://news.example"}}},
		"id":              {Services: []SiteService{{ID: "../x", URL: "https://news.example"}}},
	} {
		next, err := loaded(t).With(s)
		if _, ok := errors.AsType[*Error](err); !ok || next != nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v", says, next, err)
		}
	}
}
