package theme_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"usher/internal/theme"
)

const lantern = `
name = "Lantern"
logo = "logo.svg"
[colors]
background = "#101820"
accent = "#FFD166"
[shape]
radius = 0
[type]
family = "Noto Serif"
`

func TestThemeBecomesAStyleSheet(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "theme.toml", lantern)
	write(t, dir, "logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	got, err := theme.Read(os.DirFS(dir), "theme.toml")
	if err != nil {
		t.Fatal(err)
	}
	css := string(got.CSS())
	for _, want := range []string{"--ink:#101820", "--ink-rgb:16 24 32", "--amber:#ffd166", "--text:#f5f0e6", `--brand:"Lantern"`, "--round:0", "--pill:0px", `--family:"Noto Serif"`, "url(/theme-logo.svg)"} {
		if !strings.Contains(css, want) {
			t.Errorf("no %q in %s", want, css)
		}
	}
	page := got.Over(fstest.MapFS{"index.html": {Data: []byte("page")}, "theme.css": {Data: []byte("own")}})
	var names []string
	_ = fs.WalkDir(page, ".", func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if list := strings.Join(names, " "); list != ". index.html theme-logo.svg theme.css" {
		t.Errorf("files of the page: %s", list)
	}
	if data, err := fs.ReadFile(page, "theme.css"); err != nil || string(data) != css {
		t.Errorf("theme.css is %.60q, %v", data, err)
	}
	if data, err := fs.ReadFile(page, "index.html"); err != nil || string(data) != "page" {
		t.Errorf("index.html is %.60q, %v", data, err)
	}
}

// Usher's own look keeps the rules that it makes for others.
func TestOwnLookCanBeRead(t *testing.T) {
	if _, _, err := theme.Parse(nil); err != nil {
		t.Error(err)
	}
}

func TestContrastOfWCAG(t *testing.T) {
	for _, tt := range []struct {
		a, b     string
		from, to float64
	}{{"000000", "ffffff", 20.99, 21.01}, {"777777", "ffffff", 4.47, 4.49}, {"336699", "336699", 1, 1}} {
		if got := theme.Contrast(tt.a, tt.b); got < tt.from || got > tt.to {
			t.Errorf("%s on %s: %.3f", tt.a, tt.b, got)
		}
	}
}

func TestBadThemesSayWhatToChange(t *testing.T) {
	for text, want := range map[string]string{
		"[colors]\ntext = \"#333333\"":                         "colors.text on colors.background: the contrast is 1.",
		"[colors]\nfocus = \"#888888\"\non_focus = \"999999\"": "colors.on_focus on colors.focus",
		"[colors]\naccent = \"amber\"":                         "colors.accent: six hexadecimal digits",
		"[colors]\naccent = \"#fff;}body{\"":                   "colors.accent: six hexadecimal digits",
		"[colors]\ntxet = \"#ffffff\"":                         `there is no key "colors.txet"; did you mean colors.text?`,
		"accent = \"#ffffff\"":                                 "did you mean colors.accent?",
		"quantum = 1":                                          "docs/theme.md",
		"name = \"a\\\"}\"":                                    "name: at most 24 letters",
		"[shape]\nradius = 99":                                 "shape.radius: 0 to 32",
		"[type]\nfamily = \"x;}\"":                             "type.family",
		"logo = ":                                              "toml",
	} {
		if _, _, err := theme.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestLogosAreWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "page.svg", "<html><script>")
	write(t, dir, "big.png", "\x89PNG\r\n\x1a\n"+strings.Repeat("x", 300<<10))
	for logo, want := range map[string]string{"../etc/passwd": "beside the theme", "page.svg": "no picture", "big.png": "larger than", "gone.svg": "no such file", "a.gif": "beside the theme"} {
		write(t, dir, "theme.toml", "logo = \""+logo+"\"")
		if _, err := theme.Read(os.DirFS(dir), "theme.toml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", logo, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(lantern))
	f.Add([]byte("[colors]\nbackground=\"\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _, err := theme.Parse(data)
		if err != nil {
			return
		}
		if css := string(got.CSS()); strings.Count(css, "{") != strings.Count(css, "}") || strings.Contains(css, "<") {
			t.Errorf("of %q: %s", data, css)
		}
	})
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
