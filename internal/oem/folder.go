package oem

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"usher/internal/config"
	"usher/internal/spell"
)

// Label is the file of a folder that names the overlay; it is not packed.
const Label = "overlay.toml"

// ReadFolder reads the folder that an overlay is made of: overlay.toml with name
// and version, usher.toml, and every other file of it. A file that is too large
// or cannot be read is a problem. Which of the others belong into the overlay is
// for [Overlay.Lint] to say.
func ReadFolder(folder fs.FS) (*Overlay, []Problem) {
	o := &Overlay{Files: map[string][]byte{}}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return o, []Problem{{File: ".", Text: err.Error(), Hint: "name the folder that has " + config.OverlayText}}
	}
	var problems []Problem
	left := int64(MaxBytes)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		data, err := readOf(folder, e.Name(), left)
		if err != nil {
			problems = append(problems, Problem{File: e.Name(), Text: err.Error(), Hint: "an overlay has " + strconv.Itoa(MaxBytes>>20) + " MiB at most"})
			continue
		}
		left -= int64(len(data))
		o.Files[e.Name()] = data
	}
	says := o.Files[Label]
	delete(o.Files, Label)
	return o, append(problems, o.readLabel(says)...)
}

func readOf(folder fs.FS, name string, most int64) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("with it the overlay is too large")
	}
	return data, err
}

// readLabel reads name and version.
func (o *Overlay) readLabel(data []byte) (problems []Problem) {
	say := func(key, text, hint string) {
		problems = append(problems, Problem{File: Label, Key: key, Text: text, Hint: hint})
	}
	var says struct {
		Name    string `toml:"name"`
		Version string `toml:"version"`
	}
	meta, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&says)
	if err != nil {
		say("", "not TOML: "+err.Error(), `it has two lines, such as name = "lantern" and version = "2026.11"`)
		return problems
	}
	known := []string{"name", "version"}
	for _, k := range meta.Undecoded() {
		near := "it has name and version only"
		if n := spell.Nearest(k.String(), known); n != "" {
			near = "did you mean " + n + "?"
		}
		say(k.String(), "no such key", near)
	}
	o.Name, o.Version = says.Name, says.Version
	for i, v := range []string{o.Name, o.Version} {
		if !word(v) && !slices.ContainsFunc(problems, func(p Problem) bool { return p.Key == known[i] }) {
			say(known[i], "must be a word of 1 to 64 letters without spaces", "write "+known[i]+` = "`+[]string{"lantern", "2026.11"}[i]+`" into it`)
		}
	}
	return problems
}
