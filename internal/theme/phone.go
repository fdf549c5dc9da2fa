package theme

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"

	"usher/internal/memfs"
)

// What a theme changes of the page for phones, beside the style sheet.
const (
	phonePage     = "index.html"
	phoneManifest = "remote.webmanifest"
	phoneIcon     = "icon.png"
)

// OverPhone is the files of the page for phones with the theme in the place of
// its own look: colours, also those of the browser's frame, corners, typeface,
// and, on the phone's home screen, name and icon. The error is of the page.
func (t *Theme) OverPhone(page fs.FS) (fs.FS, error) {
	index, err := fs.ReadFile(page, phonePage)
	if err != nil {
		return nil, err
	}
	manifest, err := fs.ReadFile(page, phoneManifest)
	if err != nil {
		return nil, err
	}
	o := overlay{FS: page, own: memfs.Files{sheet: t.phoneCSS(), phonePage: t.phoneIndex(index)}}
	if o.own[phoneManifest], err = t.phoneManifest(manifest); err != nil {
		return nil, fmt.Errorf("read %s: %w", phoneManifest, err)
	}
	if t.Icon != nil {
		o.own[phoneIcon] = t.Icon
	}
	return o, nil
}

// phoneCSS is the style sheet. Words on the accent are in the colour of the
// background, which is far enough from it: Parse looked.
func (t *Theme) phoneCSS() []byte {
	var b bytes.Buffer
	c := t.Colors
	fmt.Fprintf(&b, ":root{--scheme:%s;--ink:#%s;--ink-2:#%s;--ink-3:#%s;--text:#%s;--soft:#%s;--amber:#%s;--on-amber:#%s;--bad:#%s",
		t.scheme(), c.Background, c.Surface, t.raised(), c.Text, c.Soft, c.Accent, c.Background, c.Bad)
	if t.Radius >= 0 {
		fmt.Fprintf(&b, ";--round:%.3g", float64(t.Radius)/usual)
	}
	if t.Family != "" {
		fmt.Fprintf(&b, ";--family:%q", t.Family)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// scheme is what the browser's own parts are to look like.
func (t *Theme) scheme() string {
	if luminance(t.Colors.Background) > luminance(t.Colors.Text) {
		return "light"
	}
	return "dark"
}

// raised is the colour of what can be touched, on panels too: a little from the
// panels' towards the text's, which stays readable on it.
func (t *Theme) raised() string {
	for parts := 10; parts > 0; parts-- { // of a hundred
		if mixed := mix(t.Colors.Surface, t.Colors.Text, parts); Contrast(t.Colors.Text, mixed) >= leastContrast {
			return mixed
		}
	}
	return t.Colors.Surface
}

// mix is a colour with so many parts of a hundred of another one.
func mix(color, other string, parts int) string {
	var out string
	for at := range 3 {
		out += fmt.Sprintf("%02x", (channel(color, at)*(100-parts)+channel(other, at)*parts)/100)
	}
	return out
}

// phoneIndex has the colours of the browser's frame, and the name that iOS
// writes under the icon.
func (t *Theme) phoneIndex(page []byte) []byte {
	own := Own()
	page = bytes.ReplaceAll(page, []byte(`content="#`+own.Background+`"`), []byte(`content="#`+t.Colors.Background+`"`))
	page = bytes.ReplaceAll(page, []byte(`name="color-scheme" content="dark"`), []byte(`name="color-scheme" content="`+t.scheme()+`"`))
	if t.Name != "" {
		name := `<meta name="apple-mobile-web-app-title" content="` + html.EscapeString(t.Name) + `">`
		page = bytes.Replace(page, []byte("<title>"), []byte(name+"\n<title>"), 1)
	}
	return page
}

// phoneManifest is the page's manifest with the brand's name and colours.
func (t *Theme) phoneManifest(text []byte) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	m["theme_color"], m["background_color"] = "#"+t.Colors.Background, "#"+t.Colors.Background
	if t.Name != "" {
		m["name"], m["short_name"] = t.Name, t.Name
	}
	return json.Marshal(m)
}
