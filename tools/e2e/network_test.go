package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// write types on the on-screen keyboard of the network, by arrows alone.
func (s *screen) write(text string) {
	s.t.Helper()
	const small = "1234567890qwertyuiopasdfghjkl-zxcvbnm._@"
	x, y := s.letters(small)
	for _, r := range text {
		if r == ' ' {
			s.edit("space")
			x, y = s.letters(small)
			continue
		}
		to := strings.IndexRune(small, r)
		for ; x < to%10; x++ {
			s.press(kb.ArrowRight)
		}
		for ; x > to%10; x-- {
			s.press(kb.ArrowLeft)
		}
		for ; y < to/10; y++ {
			s.press(kb.ArrowDown)
		}
		for ; y > to/10; y-- {
			s.press(kb.ArrowUp)
		}
		s.press(kb.Enter)
	}
}

// letters goes up to the letters, and says where on them the focus is.
func (s *screen) letters(letters string) (x, y int) {
	s.t.Helper()
	for range 5 {
		if strings.HasPrefix(s.eval(`document.activeElement.id`), "network/letters") {
			break
		}
		s.press(kb.ArrowUp)
	}
	_, letter, ok := strings.Cut(s.eval(`document.activeElement.id`), "|")
	i := strings.Index(letters, letter)
	if !ok || i < 0 {
		s.t.Fatalf("the focus is on %s", s.eval(`document.activeElement.id`))
	}
	return i % 10, i / 10
}

// edit presses a key below the letters.
func (s *screen) edit(item string) {
	s.t.Helper()
	for range 5 {
		if strings.HasPrefix(s.eval(`document.activeElement.id`), "network/edit") {
			break
		}
		s.press(kb.ArrowDown)
	}
	for range 6 {
		s.press(kb.ArrowLeft)
	}
	for range 7 {
		if s.eval(`document.activeElement.id`) == "network/edit|"+item {
			s.press(kb.Enter)
			return
		}
		s.press(kb.ArrowRight)
	}
	s.t.Fatalf("no key %s; the focus is on %s", item, s.eval(`document.activeElement.id`))
}

// network presses the line of the list that has a text, by Down alone.
func (s *screen) network(name string) {
	s.t.Helper()
	s.waitFor("networks", `document.querySelectorAll(".network .row-item").length > 5`)
	for i := range 5 * 24 { // up and down again: the strongest is first, and which one that is changes
		if s.eval(`document.activeElement.textContent.includes(`+quoted(name)+`)`) == "true" {
			s.press(kb.Enter)
			return
		}
		s.press([]string{kb.ArrowUp, kb.ArrowDown}[i/12%2])
	}
	s.t.Fatalf("no network %s; the focus is on %s", name, s.eval(focused))
}

// TestFirstStartWithoutANetwork is a box on which nothing is known yet, with a
// Wi-Fi and no cable: language, network, a wrong password, the right one, and
// the first screen; with arrows, OK and Back.
func TestFirstStartWithoutANetwork(t *testing.T) {
	t.Setenv("USHER_NETWORK_RADIO", "simulated")
	d := startBareBox(t, filepath.Join(t.TempDir(), "state"))
	s := openScreen(t, d)
	s.on("welcome")
	s.press(kb.Enter)
	s.on("network")
	s.waitFor("what is around", `document.querySelectorAll(".network .row-item").length > 5`)
	s.waitFor("that it is invented", `document.querySelector(".network .invented").textContent.includes("invented")`)
	s.shot("network")
	s.press(kb.Escape) // to the language, and back
	s.on("welcome")
	s.press(kb.Enter)
	s.on("network")
	s.network("Lantern Street 7")
	s.waitFor("its password is asked for", `document.querySelector(".network h1").textContent.includes("Lantern Street 7")`)
	s.write("correct hoarse")
	if s.eval(`document.body.textContent.includes("hoarse")`) == "true" {
		t.Error("the password can be read")
	}
	s.shot("network-password")
	s.edit("show")
	s.waitFor("it can be read now", `document.querySelector(".network .query").textContent === "correct hoarse"`)
	s.edit("hide")
	s.edit("join")
	s.waitFor("it is being joined", `document.querySelector(".network.at-joining") !== null`)
	s.waitFor("it is refused", `document.querySelector(".network.at-failed [role=alert]")?.textContent.includes("refused the password")`)
	s.shot("network-wrong")
	s.press(kb.Enter) // again
	s.waitFor("what was written is there", `document.querySelector(".network .query .dots")?.textContent.length === 14`)
	for range 4 {
		s.edit("delete")
	}
	s.write("rse")
	s.edit("join")
	s.waitFor("it is connected", `document.querySelector(".network.at-done h1")?.textContent === "Connected to Lantern Street 7"`)
	s.on("home")
	if text := s.eval(`document.body.innerHTML`); strings.Contains(text, "hoarse") || strings.Contains(text, "password") {
		t.Error("the password is still on the page")
	}
}

// networks opens the list of networks from the settings.
func (s *screen) networks() {
	s.t.Helper()
	s.setting(6)
	s.waitFor("the part about the network", `document.getElementById("settings/rows/network|choose") !== null`)
	for range 4 {
		if s.eval(`document.activeElement.id`) == "settings/rows/network|choose" {
			break
		}
		s.press(kb.ArrowDown)
	}
	s.press(kb.Enter)
	s.on("network")
}

// TestNetworkOfTheHotel changes the network in the settings: one that wants a
// sign-in page is named as such, with what helps; one of two with the same name
// on the screen is joined, and no other; then the box forgets the one
// that it is on, at the second press.
func TestNetworkOfTheHotel(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.networks()
	s.network("Hotel Meridian")
	s.waitFor("the portal", `document.querySelector(".network.at-done .outcome")?.textContent.includes("02:00:5e:00:53:07")`)
	s.shot("network-portal")
	s.press(kb.Escape)            // to the list
	s.network("K\ufffdche, Open") // one of two that are shown alike: no UTF-8
	s.waitFor("a network whose name is no text", `document.querySelector(".network.at-done h1")?.textContent.includes("K\ufffdche")`)
	if out := d.must("wifi"); !strings.Contains(out, "4bf6636865") {
		t.Errorf("it is on another: %s", out)
	}
	s.press(kb.Escape)
	s.network("Lantern Street 7")
	s.waitFor("a network that is known", `document.querySelector(".network.at-done .outcome")?.textContent.includes("on the internet")`)
	s.press(kb.Enter) // go on
	s.on("settings")
	s.waitFor("where it is", `document.getElementById("settings/rows/network|link")?.textContent.includes("Lantern Street 7")`)
	for range 6 {
		if s.eval(`document.activeElement.id`) == "settings/rows/network|forget" {
			break
		}
		s.press(kb.ArrowDown)
	}
	s.press(kb.Enter)
	s.waitFor("the question", `document.activeElement.textContent.includes("Press again")`)
	s.press(kb.Enter)
	s.waitFor("no network", `document.getElementById("settings/rows/network|link")?.textContent.includes("No network")`)
	if out := d.must("wifi", "list", "--json"); strings.Contains(out, `"known": true`) {
		t.Errorf("it is still known: %s", out)
	}
}
