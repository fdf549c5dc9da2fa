package e2e

import (
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestPhoneWearsTheTheme: the page for phones has the brand's colours, corners,
// name and icon, also where the phone's own parts show them.
func TestPhoneWearsTheTheme(t *testing.T) {
	t.Setenv("USHER_PHONE_PORT", "0")
	t.Setenv("USHER_THEME", harbour(t))
	d := startDemo(t)
	s := openHandset(t, "de")
	code, page := d.codeOn()
	s.visits(page + "#" + code)
	s.waitFor("the remote", `document.querySelector(".remote .search") !== null`)
	for expression, want := range map[string]string{
		`getComputedStyle(document.documentElement).backgroundColor`:              "rgb(244, 248, 249)",
		`getComputedStyle(document.documentElement).colorScheme`:                  "light",
		`getComputedStyle(document.querySelector(".key.ok")).backgroundColor`:     "rgb(0, 90, 104)",
		`getComputedStyle(document.querySelector(".key.ok")).color`:               "rgb(244, 248, 249)",
		`getComputedStyle(document.querySelector(".key.up")).borderRadius`:        "0px",
		`document.querySelector("meta[name=theme-color]").content`:                "#f4f8f9",
		`document.querySelector("meta[name=apple-mobile-web-app-title]").content`: "Harbour",
		`document.title`: "Fernbedienung",
	} {
		if got := s.eval(expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
	s.handyEverywhere("theme-remote")
	installable(t, page)
}

// harbour writes a light theme with an icon.
func harbour(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	icon, err := os.Create(filepath.Join(dir, "icon.png"))
	if err == nil {
		err = png.Encode(icon, image.NewGray(image.Rect(0, 0, 512, 512)))
	}
	if err == nil {
		err = icon.Close()
	}
	file := filepath.Join(dir, "theme.toml")
	if err == nil {
		err = os.WriteFile(file, []byte(`
name = "Harbour"
icon = "icon.png"
[colors]
background = "#f4f8f9"
surface = "#dfe9ec"
text = "#0b2229"
soft = "#3c545b"
accent = "#005a68"
focus = "#0b2229"
on_focus = "#ffffff"
good = "#0b6b3a"
bad = "#a3260f"
[shape]
radius = 0
`), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// installable looks at what a home screen needs: the manifest that the page
// names, and pictures that are as large as it says.
func installable(t *testing.T, page string) {
	t.Helper()
	fetch := func(path string) *http.Response {
		resp, err := http.Get(page + path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	var m struct {
		Name  string `json:"name"`
		Color string `json:"theme_color"`
		Icons []struct{ Src, Sizes, Purpose string }
	}
	if err := json.NewDecoder(fetch("remote.webmanifest").Body).Decode(&m); err != nil {
		t.Fatal(err)
	}
	purposes := map[string]bool{}
	for _, i := range m.Icons {
		purposes[i.Purpose] = true
		if c, err := png.DecodeConfig(fetch(i.Src[1:]).Body); err != nil || c.Width != 512 || c.Height != 512 || i.Sizes != "512x512" {
			t.Errorf("%+v: %dx%d, %v", i, c.Width, c.Height, err)
		}
	}
	if m.Name != "Harbour" || m.Color != "#f4f8f9" || !purposes["any"] || !purposes["maskable"] {
		t.Errorf("manifest: %+v", m)
	}
}
