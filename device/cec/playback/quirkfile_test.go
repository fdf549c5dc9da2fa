package playback

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/device/cec"
)

const rows = `[
	{"vendor": "08001f", "hold": "repeat", "report": "a reader's letter"},
	{"vendor": "LG", "exchanges": [{"hear": "01", "say": "02:05"}]}
]`

// TestQuirksOfAFile take effect before what is built in, on the wire.
func TestQuirksOfAFile(t *testing.T) {
	got, err := ParseQuirks([]byte(rows))
	if err != nil {
		t.Fatal(err)
	}
	want := []Quirk{
		{Vendor: cec.Sharp, Hold: HoldRepeat, Report: "a reader's letter"},
		{Vendor: cec.LG, Exchanges: []Exchange{{Hear: Bytes{1}, Say: Bytes{2, 5}}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	b := start(t, func(c *Config) { c.Quirks = got })
	b.hear("0f:87:08:00:1f")
	if Look(b.s).Hold != HoldRepeat {
		t.Errorf("a Sharp set holds by %q", Look(b.s).Hold)
	}
	b.hear("0f:87:00:e0:91", "04:89:01")
	b.said("40:89:02:05")
}

func TestQuirksThatAreWrong(t *testing.T) {
	long := strings.Repeat("00", 15)
	for name, tc := range map[string]struct{ text, want string }{
		"empty":         {"", "line 1: EOF"},
		"syntax":        {"[\n{\"vendor\" \"LG\"}]", "line 2: "},
		"unknown key":   {"[\n\n{\"vendor\": \"LG\", \"held\": \"repeat\"}]", `line 3: json: unknown field "held"`},
		"more":          {"[] []", "something follows"},
		"no array":      {"{}", "line 1: "},
		"no vendor":     {`[{"hold": "repeat"}]`, "row 1: the vendor is missing"},
		"the unknown":   {`[{"vendor": "ffffff", "hold": "repeat"}, {"vendor": "unknown", "hold": "repeat"}]`, "row 2: the vendor is missing"},
		"made up":       {`[{"vendor": "Acme", "hold": "repeat"}]`, `"Acme" is neither a known brand nor six hexadecimal digits`},
		"twice":         {`[{"vendor": "LG", "hold": "repeat"}, {"vendor": "00e091", "hold": "auto"}]`, "row 2: the maker LG is there twice"},
		"hold":          {`[{"vendor": "LG", "hold": "forever"}]`, `row 1: hold is "forever"; it may be one of`},
		"says nothing":  {`[{"vendor": "LG"}]`, "row 1: it says nothing"},
		"hears nothing": {`[{"vendor": "LG", "exchanges": [{"hear": "", "say": "01"}]}]`, "row 1: exchange 1: hear and say are 1 to 14 bytes"},
		"says too much": {`[{"vendor": "LG", "exchanges": [{"hear": "01", "say": "` + long + `"}]}]`, "exchange 1: hear and say are 1 to 14 bytes"},
		"no bytes":      {`[{"vendor": "LG", "exchanges": [{"hear": "0x", "say": "01"}]}]`, `operands "0x" are not bytes such as 02:05`},
		"many":          {`[{"vendor": "LG", "exchanges": [` + strings.Repeat(`{"hear": "01", "say": "01"},`, 32) + `{"hear": "01", "say": "01"}]}]`, "row 1: 32 exchanges at most"},
		"long":          {"[" + strings.Repeat(" ", MaxQuirks) + "]", "longer than 64 KiB"},
	} {
		got, err := ParseQuirks([]byte(tc.text))
		if got != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzQuirks: whatever a file says, nothing panics, and what is taken is within
// the limits and can be written and read again.
func FuzzQuirks(f *testing.F) {
	f.Add([]byte(rows))
	f.Add([]byte(`[{"vendor":"Samsung","hold":"auto"}]`))
	f.Add([]byte(`[{"vendor":"0000f0","exchanges":[{"hear":"","say":"00"}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := ParseQuirks(data)
		if err != nil {
			return
		}
		var text bytes.Buffer
		if err := json.NewEncoder(&text).Encode(first); err != nil {
			t.Fatal(err)
		}
		again, err := ParseQuirks(text.Bytes())
		if d := cmp.Diff(first, again); err != nil && text.Len() <= MaxQuirks || err == nil && d != "" {
			t.Errorf("%v, -first +again:\n%s", err, d)
		}
		b := start(t, func(c *Config) { c.Quirks = first })
		b.hear("0f:87:00:e0:91", "04:89:01")
	})
}
