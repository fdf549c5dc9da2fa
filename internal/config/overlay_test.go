package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// brand is an overlay with this text and a theme.
func brand(text string) func(string, string) (*Overlay, error) {
	return func(string, string) (*Overlay, error) {
		return &Overlay{Name: "lantern 1", Text: []byte(text), Files: fstest.MapFS{"theme.toml": {Data: []byte("themed")}}}, nil
	}
}

func TestTheOverlayIsBetweenDefaultsAndFile(t *testing.T) {
	file := "[tv]\nname = 'Flat 3'\n"
	l, err := Load(Input{
		Args: []string{"-config", "usher.toml", "-media", "127.0.0.1:3"}, Environ: []string{"USHER_LANGUAGE=de"},
		ReadFile: func(string) ([]byte, error) { return []byte(file), nil },
		Overlay: brand(`language = "th"
media = "127.0.0.1:1"
theme = "oem:theme.toml"
[tv]
name = "Lantern"
sleep = "never"
[panel]
parts = ["led:power"]
[[service]]
id = "lantern"
url = "https://lantern.example"
`),
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][2]string{
		"language": {l.Language, "de"}, "media": {l.Media, "127.0.0.1:3"}, "tv.name": {l.TV.Name, "Flat 3"}, "tv.sleep": {l.TV.Sleep, "never"},
		"service": {l.Services[0].ID, "lantern"}, "panel.parts": {l.Panel.Parts[0], "led:power"}, "theme": {l.Theme, "oem:theme.toml"},
	} {
		if want[0] != want[1] {
			t.Errorf("%s is %q, want %q", key, want[0], want[1])
		}
	}
	for key, want := range map[string]string{"tv.name": "file usher.toml:2", "tv.sleep": "overlay lantern 1, usher.toml:6", "service": "overlay lantern 1, usher.toml:9", "cache.ram": "default"} {
		if got := l.Source(key).String(); got != want {
			t.Errorf("%s is from %q, want %q", key, got, want)
		}
	}
	if data, err := l.ReadFile(l.Theme, 100); err != nil || string(data) != "themed" {
		t.Errorf("theme %q, %v", data, err)
	}
	next, err := l.With(Site{Brand: "Hotel"})
	if err != nil || next.TV.Name != "Hotel" || next.Overlay == nil {
		t.Errorf("with an installer's bundle: %v, %v", next, err)
	}
}

func TestServicesOfTheFileReplaceTheOverlays(t *testing.T) {
	l, err := Load(Input{
		Args: []string{"-config", "usher.toml"}, Overlay: brand("[[service]]\nid='lantern'\nurl='https://lantern.example'\n"),
		ReadFile: func(string) ([]byte, error) {
			return []byte("[[service]]\nid='mine'\nurl='https://mine.example'\n"), nil
		},
	})
	if err != nil || len(l.Services) != 1 || l.Services[0].ID != "mine" {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestMistakesInAnOverlay(t *testing.T) {
	for text, want := range map[string]string{
		"\n[tv]\nnmae = 'x'":               "overlay lantern 1, usher.toml:3: tv.nmae: no such key\n  hint: did you mean tv.name?",
		"theme = 'oem:themes.toml'":        "hint: did you mean oem:theme.toml?",
		"theme = 'oem:../theme.toml'":      "an absolute path, or \"oem:NAME\"",
		"theme = 'theme.toml'":             "an absolute path, or \"oem:NAME\"",
		"[firmware]\nroot = 'oem:it.json'": "is no file of the overlay\n  hint: put it.json beside usher.toml",
		"[oem]\noverlay = '/x'":            "an overlay cannot say where overlays are",
	} {
		_, err := Load(Input{Overlay: brand(text)})
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), want) || e.ExitCode() != ExitUsage {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
	if _, err := load(t, "theme = 'oem:theme.toml'", nil); err == nil || !strings.Contains(err.Error(), "there is no overlay") {
		t.Errorf("without an overlay: %v", err)
	}
}

func TestADemoHasDisksAndFirmwareOfItsOwn(t *testing.T) {
	text := "state_dir = '/data/usher'\nlanguage = 'th'\n[firmware]\nurl = 'https://updates.example'\n"
	l, err := Load(Input{Args: []string{"-demo"}, Overlay: brand(text)})
	if err != nil || l.Firmware.URL != "" || l.Source("state_dir").Kind != FromDefault || l.Language != "th" {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := Load(Input{Args: []string{"-demo"}, Overlay: brand("[firmware]\nauto = 'perhaps'")}); err == nil {
		t.Error("a mistake in what the demo leaves out is overlooked")
	}
}

func TestWhereOverlaysAre(t *testing.T) {
	var asked string
	gone := func(file, keys string) (*Overlay, error) {
		asked = file + " " + keys
		return nil, &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
	}
	if _, err := Load(Input{Overlay: gone}); err != nil || asked != "/usr/share/usher/oem.overlay /usr/share/usher/oem-keys.json" {
		t.Errorf("at the usual place, where none is: asked for %q, %v", asked, err)
	}
	environ := []string{"USHER_OEM_OVERLAY=/oem/o", "USHER_OEM_KEYS=/oem/k"}
	if _, err := Load(Input{Overlay: gone, Environ: environ}); asked != "/oem/o /oem/k" || err == nil || !strings.Contains(err.Error(), "USHER_OEM_OVERLAY") {
		t.Errorf("asked for %q, %v", asked, err)
	}
	asked = ""
	for _, in := range []Input{{Args: []string{"-version"}}, {Environ: []string{"USHER_OEM_OVERLAY="}}} {
		in.Overlay = gone
		if _, err := Load(in); err != nil || asked != "" {
			t.Errorf("%v: asked for %q, %v", in, asked, err)
		}
	}
}

func TestFilesOfSettings(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keymap.json")
	if err := os.WriteFile(name, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := l.ReadFile(name, 2); err != nil || string(data) != "{}" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := l.ReadFile(name, 1); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("too long: %v", err)
	}
	if _, err := l.ReadFile(name+"x", 1); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name+"x") {
		t.Errorf("not there: %v", err)
	}
}
