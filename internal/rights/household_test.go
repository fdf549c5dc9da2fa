package rights

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestNothingShowsAPIN: whoever prints, logs or encodes one by mistake gets a
// word in its place.
func TestNothingShowsAPIN(t *testing.T) {
	const secret = "4711"
	pin := PIN(secret)
	inside := struct {
		P PIN
		L []PIN
		M map[string]PIN
	}{pin, []PIN{pin}, map[string]PIN{"x": pin}}
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&all, verb+verb, pin, inside)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&all, nil), slog.NewJSONHandler(&all, nil)} {
		slog.New(h).Error("x", "pin", pin, "in", inside, "p", &pin)
	}
	text, err := json.Marshal(inside)
	all.Write(text)
	for _, trace := range []string{secret, fmt.Sprintf("%x", secret)} {
		if err != nil || strings.Contains(all.String(), trace) {
			t.Errorf("%v: %s", err, &all)
		}
	}
	var back PIN
	if err := json.Unmarshal([]byte(`"4711"`), &back); err != nil || back.Reveal() != secret {
		t.Errorf("read %q, %v", back.Reveal(), err)
	}
}

func TestProperPINs(t *testing.T) {
	for p, want := range map[PIN]bool{"1234": true, "00000000": true, "123": false, "123456789": false, "12a4": false, "": false, "١٢٣٤": false} {
		if p.Proper() != want {
			t.Errorf("%q: %v", p.Reveal(), !want)
		}
	}
}

// TestLimitsRiseToNone: whatever the country, the first is the strictest, each
// is higher, and the last one lets everything through.
func TestLimitsRiseToNone(t *testing.T) {
	for _, country := range []string{"DE", "AT", "US", "GB", "ID", "TH", "CN", ""} {
		list := LimitsIn(country)
		for i, r := range list {
			if r.System == "" || r.Label == "" || i > 0 && r.MinAge <= list[i-1].MinAge {
				t.Errorf("%s: %+v", country, r)
			}
		}
		if list[len(list)-1].MinAge < Adult {
			t.Errorf("%s: no end", country)
		}
	}
}
