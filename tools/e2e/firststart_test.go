package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// startBareBox starts usherd as a box that nobody has used yet, with no service.
func startBareBox(t *testing.T, state string, args ...string) *demo {
	t.Helper()
	config := filepath.Join(t.TempDir(), "usher.toml")
	text := "cache_dir = \"" + t.TempDir() + "\"\nstate_dir = \"" + state + "\"\n[player]\nkind = \"simulated\"\n[tv]\nmode = \"off\"\n[remote]\nread = \"off\"\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startUsherd(t, append([]string{"-config", config}, args...)...)
}

// TestFirstStartAsksForTheLanguage: a new box asks once, in each language, and
// remembers; without a service the first screen says what to do.
func TestFirstStartAsksForTheLanguage(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	d := startBareBox(t, state)
	s := openScreen(t, d)
	s.on("welcome")
	s.waitFor("a question", `document.querySelector(".welcome h1").textContent === "Choose your language"`)
	s.press(kb.Escape, kb.ArrowLeft) // there is no way around it
	s.on("welcome")
	s.shot("welcome")
	s.press(kb.ArrowDown, kb.ArrowDown, kb.ArrowDown)
	s.waitFor("the question in Thai", `document.querySelector(".welcome h1").textContent === "เลือกภาษา"`)
	s.press(kb.Enter)
	s.on("home")
	s.waitFor("the page is in Thai", `document.documentElement.lang === "th"`)
	s.waitFor("what to do without films", `document.querySelector(".hero.empty")?.textContent.length > 20`)
	s.shot("empty")

	d.kill() // what was chosen is on disk
	again := startBareBox(t, state)
	s = openScreen(t, again)
	s.waitFor("it is not asked again", `document.documentElement.lang === "th" && document.querySelector(".screen.on-home") !== null`)
}

// TestTheScreenIsReadAloud switches the voice on by keys, and listens to what a
// program in espeak-ng's place is given.
func TestTheScreenIsReadAloud(t *testing.T) {
	dir := t.TempDir()
	heard := filepath.Join(dir, "heard")
	script := "#!/bin/sh\necho \"$2: $(cat)\" >>" + heard + "\n"
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("USHER_SPEECH_PROGRAM", "espeak-ng")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	s.speak("de")
	s.press(kb.Home)
	s.setting(3) // accessibility; the voice is its first row
	s.press(kb.Enter, kb.ArrowUp)
	if s.eval(`document.activeElement.id`) != "settings/options|on" {
		s.press(kb.ArrowUp)
	}
	s.press(kb.Enter)
	said := func(want string) {
		t.Helper()
		eventually(t, 20*time.Second, "said: "+want, func() bool {
			text, _ := os.ReadFile(heard)
			return strings.Contains(string(text), want)
		})
	}
	s.press(kb.ArrowDown)
	said("Tempo der Stimme: 175 Wörter pro Minute")
	s.press(kb.Home)
	s.on("home")
	s.home()
	said("Die Laternenküste")
	s.press(kb.ArrowRight)
	said("2 von 3")
	text, err := os.ReadFile(heard)
	if err != nil || !strings.HasPrefix(string(text), "de: ") || strings.Contains(string(text), "undefined") || strings.Contains(string(text), "[object") {
		t.Errorf("said: %s, %v", text, err)
	}
}
