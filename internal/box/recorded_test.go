package box

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/device/remote"
)

// TestSecretsCannotBeReadFromKeys: what is recorded of them says nothing but
// that there were some, and leads to the same state.
func TestSecretsCannotBeReadFromKeys(t *testing.T) {
	open, _ := tell(unconnected(), Began{})
	secret, _ := tell(open, Focused{Secret: true})
	for _, k := range remote.Keys() {
		e := KeyPressed{Key: remote.Event{Key: k, Action: remote.Press}}
		if Recorded(open, e) != e {
			t.Errorf("%s is hidden though nothing is secret", k)
		}
		kept := Recorded(secret, e)
		if hidden := kept != Event(e); hidden != writes(k) {
			t.Errorf("%s: hidden %v", k, hidden)
		}
		s, fx := Next(secret, start(), e)
		again, same := Next(secret, start(), kept)
		if d := cmp.Diff(s, again) + cmp.Diff(RecordedEffects(secret, e, fx), same); d != "" {
			t.Errorf("%s: what is recorded leads elsewhere:\n%s", k, d)
		}
	}
	after, _ := tell(secret, Focused{TitleID: "demo:tide", Sign: SignTile})
	if e := (KeyPressed{Key: remote.Event{Key: remote.OK}}); Recorded(after, e) != e {
		t.Error("it stays secret")
	}
}
