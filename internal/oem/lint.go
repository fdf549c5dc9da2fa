package oem

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"usher/internal/config"
	"usher/internal/memfs"
	"usher/internal/theme"
)

// Problem is one thing that is wrong with an overlay, or worth a look.
type Problem struct {
	File string `json:"file"` // with the line where that is known: "usher.toml:12"
	Key  string `json:"key,omitempty"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"` // the next step
}

// Report is what Lint found.
type Report struct {
	Problems []Problem `json:"problems"` // a box would refuse these, or leave them out
	Notes    []Problem `json:"notes"`    // may be meant so
	Files    []string  `json:"files"`    // that belong into the overlay, sorted
}

// linter goes through an overlay.
type linter struct {
	o    *Overlay
	r    Report
	used map[string]bool
}

// Lint looks at everything in an overlay the way a box does, and some more. It
// changes nothing.
func (o *Overlay) Lint() Report {
	l := &linter{o: o, r: Report{Problems: []Problem{}, Notes: []Problem{}}, used: map[string]bool{config.OverlayText: true}}
	l.secrets()
	if !o.has(config.OverlayText) {
		l.wrong(Problem{File: config.OverlayText, Text: "is missing", Hint: "write it: it has the form of docs/usher.toml, with the keys that differ"})
		return l.r
	}
	cfg, err := config.Load(config.Input{Overlay: func(string, string) (*config.Overlay, error) { return o.Config(), nil }})
	if err != nil {
		l.configuration(err)
		return l.r
	}
	l.files(cfg)
	l.notes(cfg)
	l.rest()
	l.r.Files = slices.Sorted(maps.Keys(l.used))
	return l.r
}

func (l *linter) wrong(p Problem) { l.r.Problems = append(l.r.Problems, p) }
func (l *linter) note(p Problem)  { l.r.Notes = append(l.r.Notes, p) }

// each calls f with every error that was joined into err.
func each(err error, f func(error)) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			each(e, f)
		}
		return
	}
	f(err)
}

// secrets finds what must not be given away.
func (l *linter) secrets() {
	for _, name := range slices.Sorted(maps.Keys(l.o.Files)) {
		if bytes.Contains(l.o.Files[name], []byte("PRIVATE KEY-----")) {
			l.wrong(Problem{File: name, Text: "holds a private key", Hint: "move it out of this folder, to where nobody else reads"})
		}
	}
}

// configuration tells what is wrong in usher.toml.
func (l *linter) configuration(err error) {
	each(err, func(err error) {
		e, ok := errors.AsType[*config.Error](err)
		if !ok {
			l.wrong(Problem{File: config.OverlayText, Text: err.Error()})
			return
		}
		p := Problem{File: config.OverlayText, Key: e.Key, Text: e.Text, Hint: e.Hint}
		if _, at, ok := strings.Cut(e.Where, ", "); ok {
			p.File = at
		}
		if e.Value != "" {
			p.Text = fmt.Sprintf("%.80q %s", e.Value, e.Text)
		}
		if p.Hint == "" {
			p.Hint = "see " + e.Key + " in docs/usher.toml"
		}
		l.wrong(p)
	})
}

// files looks into each file that the configuration names.
func (l *linter) files(cfg *config.Loaded) {
	for _, f := range []struct {
		key, name string
		look      func(name string, data []byte)
	}{
		{"theme", cfg.Theme, l.theme},
		{"remote.keymap", cfg.Remote.Keymap, l.keymap},
		{"tv.quirks", cfg.TV.Quirks, l.quirks},
		{"bundle.keys", cfg.Bundle.Keys, l.keySet},
		{"firmware.root", cfg.Firmware.Root, l.root},
	} {
		name, ok := strings.CutPrefix(f.name, config.OfOverlay)
		switch {
		case ok:
			l.used[name] = true
			f.look(name, l.o.Files[name])
		case filepath.IsAbs(f.name):
			l.note(Problem{File: config.OverlayText, Key: f.key, Text: f.name + " is not in the overlay", Hint: "see that every box has it, or take it in: " + config.OfOverlay + filepath.Base(f.name)})
		}
	}
}

// theme checks colours, words and pictures.
func (l *linter) theme(name string, data []byte) {
	_, beside, _ := theme.Parse(data)
	for _, picture := range []string{beside.Logo, beside.Icon} {
		if l.o.has(picture) {
			l.used[picture] = true
		}
	}
	_, err := theme.Read(memfs.Files(l.o.Files), name)
	if err == nil {
		return
	}
	each(err, func(err error) {
		p := Problem{File: name, Text: err.Error(), Hint: "docs/theme.md says what a theme may have"}
		if key, text, ok := strings.Cut(p.Text, ": "); ok && key != "toml" {
			p.Key, p.Text = key, text
		}
		l.wrong(p)
	})
}

// notes are about what is missing, which may be meant so.
func (l *linter) notes(cfg *config.Loaded) {
	say := func(key, text, hint string) {
		l.note(Problem{File: config.OverlayText, Key: key, Text: text, Hint: hint})
	}
	if len(cfg.Services) == 0 {
		say("service", "the boxes carry no service", "add a [[service]] with id and url, unless installers bring them")
	}
	if cfg.Theme == "" {
		say("theme", "the page has Usher's own look", `add theme = "oem:theme.toml" (docs/theme.md)`)
	} else if cfg.Source("tv.name").Kind == config.FromDefault {
		say("tv.name", "televisions call the box "+cfg.TV.Name, "give it the brand's name, of 14 letters at most")
	}
	f := cfg.Firmware
	own := f.Kind != "rauc"
	if missing := lacks(map[string]bool{
		"firmware.root": f.Root == "", "firmware.board": f.Board == "", "firmware.record": own && f.Record == "", "firmware.slots": own && len(f.Slots) != 2,
		"firmware.version": !own && f.Version == "",
	}); f.URL != "" && len(missing) > 0 {
		say("firmware.url", "without "+strings.Join(missing, ", ")+" a box does not start", "say them here, or in the usher.toml of every image")
	}
}

func lacks(missing map[string]bool) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		if missing[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// rest are files that nothing names.
func (l *linter) rest() {
	for _, name := range slices.Sorted(maps.Keys(l.o.Files)) {
		if !l.used[name] {
			l.note(Problem{File: name, Text: "is not taken into the overlay: nothing names it", Hint: "name it in " + config.OverlayText + " as " + config.OfOverlay + name + ", or take it away"})
		}
	}
}

// Keep drops the files that do not belong into the overlay.
func (o *Overlay) Keep(files []string) {
	maps.DeleteFunc(o.Files, func(name string, _ []byte) bool { return !slices.Contains(files, name) })
}
