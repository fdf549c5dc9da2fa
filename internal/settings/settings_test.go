package settings_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/internal/settings"
)

// keeper is a disk that may be broken.
type keeper struct {
	stored map[string]string
	bad    error
}

func (k *keeper) Setting(key string) (string, bool, error) {
	v, ok := k.stored[key]
	return v, ok, k.bad
}

func (k *keeper) SetSetting(key, value string) error {
	if k.bad == nil {
		k.stored[key] = value
	}
	return k.bad
}

func open(t *testing.T, k *keeper, defaults settings.Values, apply func(name, value string)) *settings.Settings {
	t.Helper()
	s, err := settings.Open(settings.Options{Keeper: k, Defaults: defaults, Apply: apply})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestChosenValuesAreStoredThenActedOn(t *testing.T) {
	k := &keeper{stored: map[string]string{}}
	var acts []string
	s := open(t, k, nil, func(name, value string) {
		if !strings.Contains(k.stored["settings"], value) {
			t.Errorf("%s acted on before it was stored", name)
		}
		acts = append(acts, name+"="+value)
	})
	for _, set := range [][2]string{{"subtitle.size", "150"}, {"language", "th"}, {"subtitle.size", "75"}} {
		if err := s.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"subtitle.size=150", "language=th", "subtitle.size=75"}, acts); diff != "" {
		t.Errorf("acts (-want +got):\n%s", diff)
	}
	select {
	case <-s.Changed():
	default:
		t.Error("nobody is told that there are other values")
	}
	if len(s.Changed()) > 0 {
		t.Error("tokens are not merged")
	}
	acts = nil
	again := open(t, k, nil, func(name, value string) { acts = append(acts, name+"="+value) })
	if v := again.Values(); v["language"] != "th" || v["subtitle.size"] != "75" || v["contrast"] != "normal" {
		t.Errorf("read again: %v", v)
	}
	again.ApplyAll()
	if diff := cmp.Diff([]string{"language=th", "subtitle.size=75"}, acts); diff != "" {
		t.Errorf("only what was chosen is acted on at the start (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotAllowedChangesNothing(t *testing.T) {
	k := &keeper{stored: map[string]string{}}
	s := open(t, k, nil, func(name, _ string) { t.Errorf("%s was acted on", name) })
	for _, tt := range []struct{ name, value, says string }{
		{"subtitle.size", "110", "50, 75, 100"},
		{"subtitle.size", "", "50, 75, 100"},
		{"subtitle.sise", "100", "subtitle.size"},
		{"", "100", "there is no setting"},
	} {
		err := s.Set(tt.name, tt.value)
		if _, ok := errors.AsType[*settings.UnknownError](err); !ok || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("Set(%q, %q): %v; want an UnknownError with %q", tt.name, tt.value, err, tt.says)
		}
	}
	k.bad = errors.New("read-only file system")
	if err := s.Set("contrast", "high"); !errors.Is(err, k.bad) || s.Get("contrast") != "normal" {
		t.Errorf("on a broken disk: %v, contrast %q", err, s.Get("contrast"))
	}
}

func TestStoredNonsenseIsTheDefault(t *testing.T) {
	for _, stored := range []string{"", "null", "[1]", "{", `{"subtitle.size":"9000","contrast":3,"later.one":"x","motion":"reduced"}`} {
		s := open(t, &keeper{stored: map[string]string{"settings": stored}}, nil, nil)
		v := s.Values()
		if v["subtitle.size"] != "100" || v["contrast"] != "normal" || v["later.one"] != "" {
			t.Errorf("of %q: %v", stored, v)
		}
		if want := strings.Contains(stored, "motion"); (v["motion"] == "reduced") != want {
			t.Errorf("of %q: motion is %q", stored, v["motion"])
		}
	}
}

func TestTheBoxMayBeSetUpForMore(t *testing.T) {
	s := open(t, &keeper{stored: map[string]string{}}, settings.Values{"power.idle": "90", "tv.wake": "play"}, nil)
	if v := s.Values(); v["power.idle"] != "90" || v["tv.wake"] != "play" {
		t.Errorf("defaults of the box: %v", v)
	}
	for _, v := range []string{"60", "90"} {
		if err := s.Set("power.idle", v); err != nil {
			t.Error(err)
		}
	}
	for _, k := range s.Known() {
		if k.Name == "power.idle" && k.Default != "90" {
			t.Errorf("the default of the box is %q", k.Default)
		}
	}
}

// Every default is one of its values, and names are told apart.
func TestListIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range settings.List() {
		if seen[k.Name] || len(k.Values) < 2 {
			t.Errorf("%q is there twice, or has no choice", k.Name)
		}
		seen[k.Name] = true
		if !strings.Contains(" "+strings.Join(k.Values, " ")+" ", " "+k.Default+" ") {
			t.Errorf("%s: default %q is none of %q", k.Name, k.Default, k.Values)
		}
	}
}
