package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"usher/internal/spell"
)

// OEM is where the overlay of whoever made the box is (docs/porting.md).
type OEM struct {
	Overlay string // absolute path; "" takes none
	Keys    string // absolute path of the JWK set (RFC 7517) that it is verified with
}

// FromOverlay is the layer of the overlay: over the defaults, below the file.
const FromOverlay SourceKind = "overlay"

// OverlayText is the name of the overlay's own configuration, and OfOverlay
// begins what settings call the other files in it: "oem:theme.toml".
const (
	OverlayText = "usher.toml"
	OfOverlay   = "oem:"
)

// Overlay is what whoever made the box signed for it, once it was verified.
type Overlay struct {
	Name   string // for people, such as "lantern 2026.11"
	Signer string // id of the key that signed it
	Text   []byte // in the form of the configuration file
	Files  fs.FS  // without folders
}

// OverlayFile says whether a file of an overlay may have this name.
func OverlayFile(name string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`).MatchString(name)
}

// fileName allows the disk's files and the overlay's.
func fileName(s string) error {
	if name, ok := strings.CutPrefix(s, OfOverlay); ok && OverlayFile(name) || absolute(s) == nil {
		return nil
	}
	return errors.New(`an absolute path, or "oem:NAME" for a file of the overlay`)
}

// openOverlay opens the overlay that the settings name; nil where there is none.
// At its usual place it may be missing.
func (l *Loaded) openOverlay(in Input) (*Overlay, error) {
	if in.Overlay == nil || l.OEM.Overlay == "" || l.ShowVersion || l.ShowManual {
		return nil, nil
	}
	o, err := in.Overlay(l.OEM.Overlay, l.OEM.Keys)
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.OEM.Overlay == Default().OEM.Overlay:
		return nil, nil
	case err == nil:
		return o, nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return nil, err
	}
	return nil, &Error{Where: l.OEM.Overlay, Text: "cannot be read: " + inner(err).Error(), Hint: "check the path: oem.overlay, " + l.Source("oem.overlay").String()}
}

// inner is what is wrong, without the path, which is said already.
func inner(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// applyOverlay sets what the overlay says.
func (l *Loaded) applyOverlay() error {
	if l.Overlay == nil {
		return nil
	}
	return l.applyText(FromOverlay, l.Overlay.Name+", "+OverlayText, l.Overlay.Text)
}

// left says that a demo does without a setting of the overlay: it has disks and
// firmware of its own.
func left(key string) bool {
	return strings.HasPrefix(key, "firmware.") || strings.HasPrefix(key, "hawkbit.") || slices.Contains([]string{"state_dir", "cache_dir", "socket"}, key)
}

// ofOEM is an entry of the overlay; done means that nothing is to be set.
func (l *Loaded) ofOEM(where string, e entry) (done bool, err error) {
	if strings.HasPrefix(e.key, "oem.") {
		return true, &Error{Where: where, Key: e.key, Text: "an overlay cannot say where overlays are", Hint: "say it in /etc/usher/usher.toml"}
	}
	if !l.Demo || !left(e.key) {
		return false, nil
	}
	s, ok := find(e.key)
	if !ok {
		return false, nil
	}
	tried := Loaded{Config: Default(), sources: map[string]Source{}}
	return true, tried.set(s, where, e, Source{})
}

// checkFiles finds files that are to be in the overlay and are not.
func (l *Loaded) checkFiles() error {
	var problems []error
	for _, s := range settings() {
		value, _ := s.get(&l.Config).(string)
		name, ok := strings.CutPrefix(value, OfOverlay)
		if !ok || !s.file {
			continue
		}
		e := &Error{Where: l.Source(s.key).String(), Key: s.key, Value: value}
		if l.Overlay == nil {
			e.Text, e.Hint = "there is no overlay", "name one: oem.overlay, or an absolute path here"
			problems = append(problems, e)
		} else if info, err := fs.Stat(l.Overlay.Files, name); err != nil || !info.Mode().IsRegular() {
			e.Text, e.Hint = "is no file of the overlay", "put "+name+" beside "+OverlayText
			if near := spell.Nearest(name, l.Overlay.names()); near != "" {
				e.Hint = "did you mean oem:" + near + "?"
			}
			problems = append(problems, e)
		}
	}
	return errors.Join(problems...)
}

// names are the files that are there.
func (o *Overlay) names() []string {
	names, _ := fs.Glob(o.Files, "*") // the pattern is a good one
	return names
}

// Place is where a file lies that a setting names: in a folder of the disk or,
// as "oem:NAME", in the overlay.
func (l *Loaded) Place(file string) (folder fs.FS, name string) {
	if own, ok := strings.CutPrefix(file, OfOverlay); ok && l.Overlay != nil {
		return l.Overlay.Files, own
	}
	return os.DirFS(filepath.Dir(file)), filepath.Base(file)
}

// ReadFile reads a file of at most limit bytes that a setting names.
func (l *Loaded) ReadFile(file string, limit int64) ([]byte, error) {
	folder, name := l.Place(file)
	f, err := folder.Open(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: file, Err: inner(err)}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: file, Err: inner(err)}
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", file, limit)
	}
	return data, nil
}
