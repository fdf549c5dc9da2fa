package catalog

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNothingSteersATerminal(t *testing.T) {
	for raw, want := range map[string]string{
		`"a\u001b[2Jb"`:                "a [2Jb",
		`"a\u001B]0;x\u0007b"`:         "a ]0;x b",
		`"a` + "\u009b" + `31mb"`:      "a  31mb", // CSI in one character
		`"\u009b31m"`:                  " 31m",
		"\"a\x7fb\"":                   "a b",
		`"a\rb\bc\fd"`:                 "a\tb\tc\td",
		`"two\nlines\tand"`:            "two\nlines\tand",
		`"C:\\u001b and \\\\"`:         `C:\u001b and \\`,
		`"灯火海岸 \u00df \ud83d\ude00 ก"`: "灯火海岸 ß 😀 ก",
	} {
		var got string
		if err := decode([]byte(raw), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", raw, got, err, want)
		}
	}
	plain := []byte(`{"name":"The Lantern Coast\n"}`)
	if got := harmless(plain); &got[0] != &plain[0] {
		t.Error("copied without need")
	}
	bad := []byte(`"\u001b"`)
	if harmless(bad); string(bad) != `"\u001b"` {
		t.Errorf("what came was changed: %s", bad)
	}
}

func FuzzHarmless(f *testing.F) {
	f.Add([]byte(`{"a":"\u001b[0m\\u001b","b":["\u009b","\r\n"]}`))
	f.Add([]byte("\"\x7f\xc2\x80\xc2\""))
	f.Add([]byte(`"\u00`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var before, after any
		if json.Unmarshal(raw, &before) != nil {
			_ = harmless(raw) // and does not panic
			return
		}
		if err := json.Unmarshal(harmless(raw), &after); err != nil {
			t.Fatalf("%q was JSON, %q is not: %v", raw, harmless(raw), err)
		}
		if s, ok := after.(string); ok && strings.ContainsFunc(s, steers) {
			t.Fatalf("%q left %q", raw, s)
		}
	})
}
