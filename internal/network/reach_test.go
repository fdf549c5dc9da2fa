package network

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"usher/internal/box"
)

// answers are what a network answers, by URL; nothing else is reached.
type answers map[string]*http.Response

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	res := a[r.URL.String()]
	if res == nil {
		return nil, errors.New("no route to host")
	}
	return res, nil
}

func says(status int, header ...string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		res.Header.Set(name, value)
	}
	return res
}

func TestReach(t *testing.T) {
	const far, near = "https://films.example/api", "http://192.0.2.1:8080/"
	for name, c := range map[string]struct {
		services []string
		network  answers
		want     box.NetReach
	}{
		"no services":             {nil, nil, box.ReachUnknown},
		"nothing answers":         {[]string{far, near}, nil, box.ReachNothing},
		"the service":             {[]string{far}, answers{far: says(404)}, box.ReachInternet},
		"the second one":          {[]string{"https://gone.example/", far}, answers{far: says(200)}, box.ReachInternet},
		"a service in the house":  {[]string{near}, answers{near: says(200, "Content-Type: text/html")}, box.ReachInternet},
		"a portal that says so":   {[]string{far}, answers{"http://films.example/": says(511)}, box.ReachPortal},
		"a portal that leads":     {[]string{far}, answers{"http://films.example/": says(302, "Location: http://login.hotel.example/?r=1")}, box.ReachPortal},
		"a portal with a page":    {[]string{far}, answers{"http://films.example/": says(200, "Content-Type: text/html; charset=utf-8")}, box.ReachPortal},
		"a portal in the house":   {[]string{near}, answers{near: says(302, "Location: http://login.hotel.example/")}, box.ReachPortal},
		"only its plain door":     {[]string{far}, answers{"http://films.example/": says(301, "Location: https://www.films.example/")}, box.ReachNothing},
		"a service with an error": {[]string{far}, answers{far: says(503)}, box.ReachInternet},
		"no address":              {[]string{"films", "::"}, nil, box.ReachNothing},
	} {
		if got := (Prober{Services: c.services, Transport: c.network}).Reach(t.Context()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
