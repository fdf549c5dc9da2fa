package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// face is the page as one sees it: a screen, or a screen with something over
// it. All faces are in one list, which pictures, axe-core, the layout in five
// languages and at three sizes, and the storm walk; TestNoFaceIsForgotten wants
// every screen of the page in it.
type face struct {
	name   string        // of its picture
	route  string        // the screen, as the page's router calls it
	over   string        // what lies over the screen, by its class; "": nothing
	enter  func(*screen) // goes there by keys, from wherever the page is; nil: a test comes by
	seen   string        // with enter: an expression that is true once it is there
	moment string        // without enter: what the test that comes by calls it (see shot)
	by     string        // that test (see flows)
	halt   bool          // the film has to wait while the face is looked at
	brief  bool          // it goes by itself: the page's time has to be held for a picture
	// A film that waits has no such face, and one that goes on soon has another: it
	// is looked at in the language that it has, with words longer than any.
	fleeting bool
	again    string // where it goes on after a restart of the daemon, if elsewhere (see focusAt)
	plain    bool   // there is no picture: it names folders of this machine
}

// faces is the one list.
func faces() []face {
	return slices.Concat(menus(), parts(), films(), moments())
}

// views are the faces that keys alone lead to.
func views() []face {
	return slices.DeleteFunc(faces(), func(f face) bool { return f.enter == nil })
}

// menus are the screens that the menu leads to.
func menus() []face {
	const tiles = `document.querySelectorAll(".on-%s .tile img.here").length > %d`
	const entry = `document.querySelector(".screen.on-%s .item.focused") !== null`
	return []face{
		{name: "home", route: "home", enter: func(s *screen) { s.home() }, seen: fmt.Sprintf(tiles, "home", 4)},
		{name: "home-rails", route: "home", enter: func(s *screen) {
			s.home()
			s.press(kb.ArrowDown, kb.ArrowDown, kb.ArrowRight, kb.ArrowRight, kb.ArrowRight)
		}, seen: fmt.Sprintf(tiles, "home", 4)},
		{name: "details", route: "details", enter: func(s *screen) { s.home(); s.press(kb.ArrowDown, kb.Enter) }, seen: `document.querySelector(".on-details .table") !== null`},
		{name: "account", route: "account", enter: func(s *screen) { s.menu("account") }, seen: fmt.Sprintf(entry, "account")},
		{name: "bought", route: "bought", enter: func(s *screen) { s.menu("account"); s.press(kb.ArrowRight, kb.Enter) }, seen: fmt.Sprintf(entry, "bought")},
		{name: "who", route: "who", enter: func(s *screen) { s.menu("who") }, seen: fmt.Sprintf(entry, "who")},
		{name: "search", route: "search", enter: func(s *screen) { s.menu("search") }, seen: fmt.Sprintf(tiles, "search", 2)},
		{name: "search-found", route: "search", enter: func(s *screen) { s.menu("search"); s.press("t", "e") }, seen: fmt.Sprintf(tiles, "search", 0)},
	}
}

// sections are the parts of the settings in their order.
func sections() []string {
	return []string{"language", "picture", "subtitles", "access", "remote", "phones", "network", "storage", "update", "privacy", "health", "about"}
}

// parts are the settings, what they lead to, and the list of what can be chosen for one.
func parts() (list []face) {
	for i, name := range sections() {
		list = append(list, face{
			name: "settings-" + name, route: "settings", enter: func(s *screen) { s.setting(i) },
			seen: `document.querySelector(".on-settings .rows") !== null`, plain: name == "health",
		})
	}
	list = append(list, face{
		name: "network", route: "network", enter: func(s *screen) { s.networks() }, seen: `document.querySelectorAll(".on-network .row-item").length > 5`,
	})
	return append(list, face{name: "settings-options", route: "settings", over: "options", enter: func(s *screen) {
		s.setting(slices.Index(sections(), "subtitles"))
		s.press(kb.ArrowDown, kb.Enter)
	}, seen: `document.querySelector(".panel.options .item.focused") !== null`})
}

// films are the faces of the player that keys lead to.
func films() []face {
	panel := func(name string, enter func(*screen)) face {
		return face{name: "player-" + name, route: "player", over: name, enter: enter, seen: `document.querySelector(".panel.` + name + ` .item.focused") !== null`}
	}
	return []face{
		{name: "player", route: "player", enter: func(s *screen) { s.play() }, seen: `document.querySelector(".player.shown .clock") !== null`, brief: true},
		panel("info", func(s *screen) { s.play(); s.control("info") }),
		panel("chapters", func(s *screen) { s.play(); s.control("chapters") }),
		panel("tracks", func(s *screen) { s.play(); s.control("tracks") }),
		panel("style", func(s *screen) { s.play(); s.restyle() }),
	}
}

// moments are the faces that need more than a way through the menus: a phone, a
// service, a box that is new, or patience.
func moments() []face {
	const asked = "screen on-who " // with several profiles the box asks who watches whenever it starts
	return []face{
		{name: "first-start", route: "welcome", moment: "welcome", by: "first start"},
		{name: "first-start-network", route: "network", moment: "network", by: "network"},
		{name: "first-start-password", route: "network", moment: "network-password", by: "network"},
		{name: "first-start-wrong", route: "network", moment: "network-wrong", by: "network"},
		{name: "network-portal", route: "network", moment: "network-portal", by: "portal"},
		{name: "home-empty", route: "home", moment: "empty", by: "first start"},
		{name: "home-away", route: "home", over: "banner", moment: "away", by: "away"},
		{name: "home-child", route: "home", moment: "child", by: "family", again: asked},
		{name: "high-contrast", route: "home", moment: "high-contrast", by: "contrast"},
		{name: "search-none", route: "search", moment: "none", by: "nothing found"},
		{name: "search-by-phone", route: "search", moment: "phones-search", by: "phone"},
		{name: "pairing", route: "account", moment: "pairing", by: "pairing", again: "screen on-account  account/buttons|pair"}, // a code is for who asked
		{name: "pairing-declined", route: "account", moment: "account-declined", by: "declined"},
		{name: "who-two", route: "who", moment: "who-two", by: "family", again: asked},
		{name: "profile", route: "profile", moment: "profile", by: "family"},
		{name: "pin", route: "profile", over: "pad", moment: "pin", by: "family"},
		{name: "details-buy", route: "details", moment: "evening-ways", by: "evening", again: asked},
		{name: "buy", route: "buy", moment: "buy", by: "evening", again: asked},
		{name: "buy-scanned", route: "buy", moment: "buy-scanned", by: "evening", again: asked},
		{name: "buy-paid", route: "buy", moment: "buy-paid", by: "evening", again: asked},
		{name: "account-bought", route: "bought", moment: "bought", by: "evening", again: asked},
		{name: "player-failed", route: "player", over: "failed", moment: "failed", by: "evening"},
		{name: "player-ai", route: "player", over: "ai-label", moment: "ai-at-the-start", by: "AI", halt: true, brief: true},
		{name: "player-next", route: "player", over: "next", moment: "next", by: "next", brief: true, fleeting: true},
		{name: "player-winding", route: "player", over: "preview", brief: true, moment: "winding", by: "winding"},
		{name: "player-live", route: "player", moment: "live-wound", by: "live", brief: true},
		{name: "screensaver", route: "home", over: "rest", moment: "screensaver", by: "rest"},
		{name: "standby", route: "home", over: "rest", moment: "standby", by: "rest"},
		{name: "standby-soon", route: "home", over: "notice", moment: "standby-soon", by: "warning"},
		{name: "settings-privacy-on", route: "settings", moment: "privacy-on", by: "privacy"},
		{name: "settings-update-offer", route: "settings", moment: "update", by: "update"},
		{name: "settings-update-later", route: "settings", moment: "update-later", by: "update", again: "screen on-settings  settings/rows/update|check"}, // it stays put off, and is looked for anew,
		{name: "settings-phones-code", route: "settings", moment: "phones-code", by: "phone", again: "screen on-settings  settings/rows/phones|pair"},     // as with pairing,
		{name: "settings-phones-list", route: "settings", moment: "phones-list", by: "phone"},
	}
}

// source is a file of the page.
func source(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../../internal/ui/web/src", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// found are the first groups of all matches.
func found(text, pattern string) (all []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// TestNoFaceIsForgotten reads the page's sources: every screen of the router,
// every part of the settings, and everything that lies over a screen is in the
// list of faces.
func TestNoFaceIsForgotten(t *testing.T) {
	_, union, _ := strings.Cut(source(t, "state.ts"), "export type Route =")
	union, _, _ = strings.Cut(union, "export interface")
	routes := found(union, `name: "(\w+)"`)
	if len(routes) < 10 {
		t.Fatalf("the router has %q: the search is wrong", routes)
	}
	for _, route := range routes {
		if !slices.ContainsFunc(faces(), func(f face) bool { return f.route == route }) {
			t.Errorf("no face of the screen %q: add one to faces_test.go", route)
		}
	}
	var over []string
	files, err := filepath.Glob("../../internal/ui/web/src/*/*.tsx")
	if err != nil || len(files) == 0 {
		t.Fatalf("no screens: %v", err)
	}
	for _, file := range files {
		text := source(t, filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)))
		over = append(over, found(text, `class="panel (\w+)"`)...)
		over = append(over, found(text, "class=[\"{`]+((?:banner|notice|rest|ai-label|preview))\\b")...)
	}
	if len(over) < 10 {
		t.Fatalf("over the screens lie %q: the search is wrong", over)
	}
	for _, name := range over {
		if !slices.ContainsFunc(faces(), func(f face) bool { return f.over == name }) {
			t.Errorf("no face with %q over a screen: add one to faces_test.go", name)
		}
	}
	_, list, _ := strings.Cut(source(t, "choices.ts"), "export const sections = {")
	list, _, _ = strings.Cut(list, "} as const")
	if got := found(list, `(?m)^  (\w+): \[`); !slices.Equal(got, sections()) {
		t.Errorf("the settings have the parts %q, the list of faces %q", got, sections())
	}
}

// TestEveryFaceHasItsPicture: in docs/screens there is a picture of every face,
// and no other one.
func TestEveryFaceHasItsPicture(t *testing.T) {
	files, err := filepath.Glob("../../docs/screens/*.png")
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".png")
		left[regexp.MustCompile(`-(en|de|id|th|zh-Hans)-\d+$`).ReplaceAllString(name, "")] = true
	}
	for _, f := range faces() {
		if !f.plain && !left[f.name] {
			t.Errorf("no picture of %s in docs/screens; make screens makes it", f.name)
		}
		delete(left, f.name)
	}
	for name := range left {
		t.Errorf("docs/screens has a picture %s of no face", name)
	}
}
