package serve

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestExpiryOf(t *testing.T) {
	policy := base64.StdEncoding.EncodeToString([]byte(
		`{"Statement":[{"Resource":"https://c.example/*","Condition":{"DateLessThan":{"AWS:EpochTime":1700000000}}}]}`))
	policy = strings.NewReplacer("+", "-", "=", "_", "/", "~").Replace(policy)
	for query, want := range map[string]int64{
		"exp=1700000000":                    1700000000,
		"Expires=1700000000":                1700000000,
		"expires=1700000000&exp=1600000000": 1600000000,
		"hdnts=" + url.QueryEscape("st=1~exp=1700000000~acl=/*~hmac=ab"): 1700000000,
		"Policy=" + policy: 1700000000,
		"X-Amz-Date=20231114T221320Z&X-Amz-Expires=60":   1700000060,
		"X-Goog-Date=20231114T221320Z&X-Goog-Expires=60": 1700000060,
		"se=2023-11-14T22%3A13%3A20Z":                    1700000000,
		"t=1700000000":                                   0, // nobody knows what it is
		"exp=soon":                                       0,
		"exp=12":                                         0,
		"exp=-1700000000":                                0,
		"Policy=%21":                                     0,
		"Policy=" + base64.StdEncoding.EncodeToString([]byte("{}")): 0,
		"X-Amz-Date=20231114T221320Z":                               0,
		"se=tomorrow":                                               0,
	} {
		got, ok := expiryOf("https://c.example/s.ts?" + query)
		if ok != (want != 0) || ok && got.Unix() != want {
			t.Errorf("%s: %v, %v; want %d", query, got, ok, want)
		}
	}
}

// TestClockOfTheService: a box in 1970 knows when a URL has ended, once the
// service said what time it is.
func TestClockOfTheService(t *testing.T) {
	box := time.Unix(1000, 0)
	date := time.Unix(1_700_000_000, 0).UTC().Format(http.TimeFormat)
	const raw = "https://c.example/s.ts?exp=1700000100"
	var c clock
	if c.over(raw, box.Add(time.Hour)) || c.over(raw, time.Unix(1_800_000_000, 0)) {
		t.Error("ended, although nobody said what time it is")
	}
	c.read(http.Header{"Date": {"never"}}, box)
	if c.over(raw, time.Unix(1_800_000_000, 0)) {
		t.Error("a Date that is none was believed")
	}
	c.read(http.Header{"Date": {date}, "Age": {"30"}}, box)
	for after, want := range map[time.Duration]bool{0: false, 64 * time.Second: false, 66 * time.Second: true, time.Hour: true} {
		if got := c.over(raw, box.Add(after)); got != want {
			t.Errorf("after %v: over %v", after, got)
		}
	}
	if c.over("https://c.example/s.ts", box.Add(time.Hour)) {
		t.Error("a URL without a query ended")
	}
}

func FuzzExpiryOf(f *testing.F) {
	for _, s := range []string{"http://h/?exp=1700000000", "http://h/?Policy=e30_", "http://h/?se=2023-11-14T22:13:20Z", "%", "?X-Amz-Date=20231114T221320Z&X-Amz-Expires=9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if end, ok := expiryOf(raw); ok && end.IsZero() {
			t.Errorf("%q ends at no time", raw)
		}
	})
}
