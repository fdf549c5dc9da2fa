package theme_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"usher/internal/theme"
)

// phonePage is a page for phones with what a theme changes.
func phonePage() fstest.MapFS {
	return fstest.MapFS{
		"index.html":         {Data: []byte(`<head><meta name="color-scheme" content="dark"><meta name="theme-color" content="#0a0c12"><title>Remote</title></head>`)},
		"remote.webmanifest": {Data: []byte(`{"name":"Usher remote","short_name":"Remote","start_url":"/","theme_color":"#0a0c12","background_color":"#0a0c12"}`)},
		"phone.js":           {Data: []byte("js")},
		"icon.png":           {Data: []byte("own")},
	}
}

func square(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// worn reads a theme, and gives a file of the page for phones that wears it.
func worn(t *testing.T, text string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "theme.toml", text)
	write(t, dir, "logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	write(t, dir, "icon.png", square(t, 512, 512))
	th, err := theme.Read(os.DirFS(dir), "theme.toml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := th.OverPhone(phonePage())
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) string {
		data, err := fs.ReadFile(page, name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
}

func TestThePageForPhonesWearsTheTheme(t *testing.T) {
	file := worn(t, "icon = \"icon.png\"\n"+lantern)
	for name, want := range map[string][]string{
		"theme.css":  {"--scheme:dark", "--ink:#101820", "--ink-2:#1d2230", "--amber:#ffd166", "--on-amber:#101820", "--round:0", `--family:"Noto Serif"`},
		"index.html": {`name="theme-color" content="#101820"`, `content="dark"`, `<meta name="apple-mobile-web-app-title" content="Lantern">`},
		"icon.png":   {"PNG"},
		"phone.js":   {"js"},
	} {
		for _, w := range want {
			if got := file(name); !strings.Contains(got, w) {
				t.Errorf("%s: no %q in %s", name, w, got)
			}
		}
	}
	var m map[string]string
	if err := json.Unmarshal([]byte(file("remote.webmanifest")), &m); err != nil {
		t.Fatal(err)
	}
	if m["name"] != "Lantern" || m["short_name"] != "Lantern" || m["theme_color"] != "#101820" || m["background_color"] != "#101820" || m["start_url"] != "/" {
		t.Errorf("manifest: %v", m)
	}
}

// TestWhatCanBeTouchedCanBeRead: on a light theme as well, and where words are
// only just readable on panels.
func TestWhatCanBeTouchedCanBeRead(t *testing.T) {
	light := "[colors]\nbackground=\"#ffffff\"\nsurface=\"#f0f0f0\"\ntext=\"#101010\"\nsoft=\"#505050\"\naccent=\"#8a4b00\"\nfocus=\"#101010\"\non_focus=\"#ffffff\"\ngood=\"#106030\"\nbad=\"#a01010\"\n"
	narrow := "[colors]\nbackground=\"#000000\"\nsurface=\"#4a4a4a\"\ntext=\"#c8c8c8\"\nsoft=\"#c4c4c4\"\n"
	for text, scheme := range map[string]string{light: "light", narrow: "dark", "": "dark"} {
		file := worn(t, text)
		css := file("theme.css")
		value := func(name string) string {
			_, rest, _ := strings.Cut(css, "--"+name+":#")
			return rest[:6]
		}
		if !strings.Contains(css, "--scheme:"+scheme) || !strings.Contains(file("index.html"), `"color-scheme" content="`+scheme+`"`) {
			t.Errorf("%s: want %s", css, scheme)
		}
		for _, pair := range [][2]string{{"text", "ink-3"}, {"on-amber", "amber"}} {
			if got := theme.Contrast(value(pair[0]), value(pair[1])); got < 4.5 {
				t.Errorf("%s on %s: %.2f in %s", pair[0], pair[1], got, css)
			}
		}
		if scheme == "light" && value("ink-3") == value("ink-2") {
			t.Error("what can be touched looks like the panel that it is on")
		}
	}
}

func TestIconsAreSquare(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "wide.png", square(t, 512, 256))
	write(t, dir, "small.png", square(t, 64, 64))
	write(t, dir, "cut.png", square(t, 512, 512)[:20])
	write(t, dir, "page.png", "<html>")
	for icon, want := range map[string]string{
		"wide.png": "square PNG", "small.png": "192 to 1024", "cut.png": "square PNG", "page.png": "square PNG", "icon.svg": "a .png file", "../icon.png": "beside the theme", "gone.png": "no such file",
	} {
		write(t, dir, "theme.toml", "icon = \""+icon+"\"")
		if _, err := theme.Read(os.DirFS(dir), "theme.toml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", icon, err, want)
		}
	}
}

func TestAPageThatIsNoneIsAnError(t *testing.T) {
	th, _, err := theme.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := th.OverPhone(fstest.MapFS{"index.html": {}}); err == nil {
		t.Error("no manifest, and no error")
	}
	if _, err := th.OverPhone(fstest.MapFS{"index.html": {}, "remote.webmanifest": {Data: []byte("x")}}); err == nil {
		t.Error("a broken manifest, and no error")
	}
}
