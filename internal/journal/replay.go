package journal

import (
	"fmt"
	"slices"
	"strings"

	"usher/internal/box"
)

// Verdict is what a replay found.
type Verdict struct {
	State   box.State // where the replay ended
	Same    bool      // it is the recorded one, bit for bit, and so were all effects
	Differs string    // what differs first, for engineers
}

// Replay takes the events of a record once more.
func Replay(r Record) (Verdict, error) {
	v := Verdict{State: r.Base}
	for i, e := range r.Entries {
		var effects []box.Effect
		v.State, effects = box.Next(v.State, e.At, e.Event)
		if names := EffectNames(effects); !slices.Equal(names, e.Effects) && v.Differs == "" {
			v.Differs = fmt.Sprintf("entry %d, %T: effects %v, recorded %v", i+1, e.Event, names, e.Effects)
		}
	}
	got, err := Text(v.State)
	if err != nil {
		return v, err
	}
	want, err := Text(r.End)
	if err != nil {
		return v, err
	}
	if got != want && v.Differs == "" {
		v.Differs = "the last state: " + around(got, want)
	}
	v.Same = v.Differs == ""
	return v, nil
}

// around shows where two texts part.
func around(got, want string) string {
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	clip := func(s string) string {
		from := max(strings.LastIndexByte(s[:n], '{'), n-60, 0)
		return strings.ToValidUTF8(s[from:min(len(s), n+60)], "")
	}
	return fmt.Sprintf("…%s…, recorded …%s…", clip(got), clip(want))
}
