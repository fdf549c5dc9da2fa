package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestThemeIsWorn: a brand's file changes colours, corners, name and logo of
// the page; what the household chooses for its eyes comes before it.
func TestThemeIsWorn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("logo.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 130 28"><circle cx="14" cy="14" r="11" fill="#5ad1c6"/><text x="32" y="21" font-family="sans-serif" font-weight="700" font-size="20" fill="#fff">harbour</text></svg>`)
	t.Setenv("USHER_THEME", write("theme.toml", `
name = "Harbour"
logo = "logo.svg"
[colors]
background = "#07161c"
surface = "#12303a"
accent = "#5ad1c6"
focus = "#e9fffb"
on_focus = "#06242a"
[shape]
radius = 0
`))
	d := startDemo(t)
	s := openWalk(t, d, 1920, 1080)
	for expression, want := range map[string]string{
		`getComputedStyle(document.body).backgroundColor`:                                                      "rgb(7, 22, 28)",
		`getComputedStyle(document.querySelector(".card")).borderRadius`:                                       "0px",
		`document.title.split(" ")[0]`:                                                                         "Harbour",
		`String(getComputedStyle(document.querySelector(".wordmark")).backgroundImage.includes("theme-logo"))`: "true",
	} {
		if got := s.eval(expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
	s.setting(3)
	s.shot("theme")
	s.home()
	s.shot("theme-home")
	s.contrast()
}

// contrast chooses high contrast and the largest text by keys.
func (s *screen) contrast() {
	s.t.Helper()
	s.setting(3)
	s.press(kb.ArrowDown, kb.ArrowDown, kb.Enter, kb.ArrowDown, kb.ArrowDown, kb.Enter)
	s.waitFor("the largest text", `document.documentElement.dataset.text === "largest"`)
	s.press(kb.ArrowDown, kb.Enter, kb.ArrowDown, kb.Enter)
	s.waitFor("high contrast", `document.documentElement.dataset.contrast === "high"`)
	s.waitFor("over the theme", `getComputedStyle(document.body).backgroundColor === "rgb(0, 0, 0)"`)
	s.fit("the largest text")
	s.shot("contrast")
	s.home()
	s.fit("the largest text, home")
	s.shot("contrast-home")
	s.press(kb.ArrowDown, kb.Enter)
	s.on("details")
	s.shot("contrast-details")
	s.do(chromedp.Reload())
	s.waitFor("it is chosen for good", `document.documentElement.dataset.contrast === "high"`)
}

// TestBadThemeKeepsTheOwnLook: the household watches on, and installers are told.
func TestBadThemeKeepsTheOwnLook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "theme.toml")
	if err := os.WriteFile(file, []byte("[colors]\ntext = \"#303030\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("USHER_THEME", file)
	d := startDemo(t)
	if out, _ := d.usher("doctor"); !strings.Contains(out, "colors.text on colors.background") {
		t.Errorf("usher doctor does not say what is wrong with the theme:\n%s", out)
	}
	s := openWalk(t, d, 1280, 720)
	if got := s.eval(`getComputedStyle(document.body).backgroundColor`); got != "rgb(10, 12, 18)" {
		t.Errorf("the page's background is %s", got)
	}
}
