// Package theme reads a brand's look for the page: colours, radius, typeface
// and logo, from a TOML file that an OEM puts on the box.
//
// It guarantees that a theme it gives can be read from three metres: every pair
// of colours that is text on a ground has a contrast of at least 4.5 to 1 (WCAG
// 2.2, 1.4.3), and that nothing of the file reaches the page but values that
// were understood: a colour is six hexadecimal digits, a typeface letters. Read
// blocks for two small files. The package never looks anything up elsewhere.
package theme

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"usher/internal/spell"
)

// Limits of what is read.
const (
	maxFile   = 64 << 10  // bytes
	maxLogo   = 256 << 10 // bytes
	maxName   = 24        // letters of the brand's name
	maxRadius = 32        // px at 1080p
	usual     = 12        // px, the radius of Usher's own look
)

// leastContrast is of text on its ground (WCAG 2.2, 1.4.3).
const leastContrast = 4.5

// Theme is a look that was checked.
type Theme struct {
	Name   string // of the brand; "" is Usher
	Colors Colors
	Radius int    // of posters, px at 1080p: 0 to 32; -1 as usual
	Family string // of type, before the built-in ones; "" none
	Logo   *Logo  // nil: the name is written
	Icon   []byte // a PNG, of the remote on a phone's home screen; nil: Usher's own
}

// Colors are six hexadecimal digits each; "" is Usher's own.
type Colors struct {
	Background string `toml:"background"`
	Surface    string `toml:"surface"` // of panels
	Text       string `toml:"text"`
	Soft       string `toml:"soft"` // of text that says less
	Accent     string `toml:"accent"`
	Focus      string `toml:"focus"` // ground of what has the focus
	OnFocus    string `toml:"on_focus"`
	Good       string `toml:"good"`
	Bad        string `toml:"bad"`
}

// Own are the colours of Usher's own look.
func Own() Colors {
	return Colors{
		Background: "0a0c12", Surface: "1d2230", Text: "f5f0e6", Soft: "c9c3b7", Accent: "f4b04a",
		Focus: "fdf7ec", OnFocus: "14110b", Good: "8fd6a3", Bad: "ff9d86",
	}
}

// file is a theme as it is written.
type file struct {
	Name   string `toml:"name"`
	Logo   string `toml:"logo"`
	Icon   string `toml:"icon"`
	Colors Colors `toml:"colors"`
	Shape  struct {
		Radius *int `toml:"radius"`
	} `toml:"shape"`
	Type struct {
		Family string `toml:"family"`
	} `toml:"type"`
}

// Read reads and checks a theme, and the logo beside it. The error tells the
// file's author what to change.
func Read(folder fs.FS, name string) (*Theme, error) {
	data, err := readLimited(folder, name, maxFile)
	if err != nil {
		return nil, err
	}
	t, beside, err := Parse(data)
	if err == nil && beside.Logo != "" {
		t.Logo, err = readLogo(folder, beside.Logo)
	}
	if err == nil && beside.Icon != "" {
		t.Icon, err = readIcon(folder, beside.Icon)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Beside are the names of files beside a theme; "" is none.
type Beside struct{ Logo, Icon string }

// Parse checks the text of a theme.
func Parse(data []byte) (t *Theme, beside Beside, err error) {
	var f file
	meta, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&f)
	if err != nil {
		return nil, Beside{}, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, Beside{}, noKey(unknown[0].String())
	}
	t = &Theme{Name: f.Name, Colors: f.Colors, Radius: -1, Family: f.Type.Family}
	if f.Shape.Radius != nil {
		t.Radius = *f.Shape.Radius
	}
	return t, Beside{f.Logo, f.Icon}, errors.Join(t.checkWords(), t.checkColors())
}

// noKey is about a key that there is none of, and says which one may have been
// meant.
func noKey(key string) error {
	known := []string{"name", "logo", "icon", "shape.radius", "type.family"}
	for _, name := range sorted(new(Colors).fields()) {
		known = append(known, "colors."+name)
	}
	i := slices.IndexFunc(known, func(k string) bool { return strings.HasSuffix(k, "."+key) })
	switch near := spell.Nearest(key, known); {
	case i >= 0: // its table was forgotten
		return fmt.Errorf("there is no key %q; did you mean %s?", key, known[i])
	case near != "":
		return fmt.Errorf("there is no key %q; did you mean %s?", key, near)
	}
	return fmt.Errorf("there is no key %q; docs/theme.md lists them", key)
}

func (t *Theme) checkWords() error {
	var errs []error
	if n := len([]rune(t.Name)); n > maxName || strings.ContainsFunc(t.Name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || strings.ContainsRune("<{}", r) }) {
		errs = append(errs, fmt.Errorf("name: at most %d letters, without quotes", maxName))
	}
	if t.Radius < -1 || t.Radius > maxRadius {
		errs = append(errs, fmt.Errorf("shape.radius: 0 to %d", maxRadius))
	}
	if t.Family != "" && !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 -]{0,39}$`).MatchString(t.Family) {
		errs = append(errs, errors.New("type.family: the name of one installed typeface, such as Noto Sans"))
	}
	return errors.Join(errs...)
}

// fields are the colours by their names in the file.
func (c *Colors) fields() map[string]*string {
	return map[string]*string{
		"background": &c.Background, "surface": &c.Surface, "text": &c.Text, "soft": &c.Soft, "accent": &c.Accent,
		"focus": &c.Focus, "on_focus": &c.OnFocus, "good": &c.Good, "bad": &c.Bad,
	}
}

// checkColors makes colours six lower-case digits, fills in Usher's own, and
// looks whether what is written can be read.
func (t *Theme) checkColors() error {
	var errs []error
	own := Own()
	given, usual := t.Colors.fields(), own.fields()
	for _, name := range sorted(given) {
		v := strings.ToLower(strings.TrimPrefix(*given[name], "#"))
		if v == "" {
			v = *usual[name]
		}
		if !regexp.MustCompile(`^[0-9a-f]{6}$`).MatchString(v) {
			errs = append(errs, fmt.Errorf("colors.%s: six hexadecimal digits such as #1d2230, not %.20q", name, *given[name]))
			continue
		}
		*given[name] = v
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, pair := range pairs() {
		if got := Contrast(*given[pair[0]], *given[pair[1]]); got < leastContrast {
			errs = append(errs, fmt.Errorf("colors.%s on colors.%s: the contrast is %.1f to 1, and has to be %.1f: make one of them lighter or darker", pair[0], pair[1], got, leastContrast))
		}
	}
	return errors.Join(errs...)
}

// pairs are what is written on what.
func pairs() [][2]string {
	return [][2]string{
		{"text", "background"},
		{"soft", "background"},
		{"accent", "background"},
		{"good", "background"},
		{"bad", "background"},
		{"text", "surface"},
		{"soft", "surface"},
		{"on_focus", "focus"},
	}
}

func sorted(m map[string]*string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func readLimited(folder fs.FS, name string, most int64) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return data, err
}

// channel is one of the three parts of a colour, 0 to 255.
func channel(color string, at int) int {
	v, _ := strconv.ParseUint(color[2*at:2*at+2], 16, 8) // checked
	return int(v)
}
