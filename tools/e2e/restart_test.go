package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAPurchaseOutlivesTheBox kills the daemon while a household of two buys a
// film: once the box knows again who watches, the same code is on the screen, and
// what was paid meanwhile is there. The child, who could be the one who comes back
// first, is shown nothing of it.
func TestAPurchaseOutlivesTheBox(t *testing.T) {
	needs(t, "mpv", "zbarimg")
	shop := startShop(t, "-open-house=false")
	d := startDemo(t, "-config", shop.config("issuer = \""+strings.TrimSuffix(shop.url, "/")+"\"\n"), "-state", filepath.Join(t.TempDir(), "state"))
	s := openScreen(t, d)
	s.listenForFaults()
	s.on("home")
	s.waitFor("posters", posters)
	phone := s.subscribe(d)
	s.stop(d)
	s.menu("who")
	s.on("who")
	s.makeChild("2580")

	s.home()
	s.lookUp("Glass Harbour", "house:glass-harbour")
	s.wish("house:glass-harbour", "rent")
	link := s.scan()

	s.powerCut(func() {})
	s.focusOn(kb.ArrowRight, "Ida")
	s.press(kb.Enter)
	s.on("home")
	s.waitFor("posters", posters)
	s.namesNot("Glass Harbour")
	s.menu("who")
	s.on("who")
	s.comeBack()
	if again := s.scan(); again != link {
		t.Errorf("the code was %s, after the power cut it is %s", link, again)
	}

	phone.do(chromedp.Navigate(link))
	phone.tap(`button[value=sheet]`)
	s.waitFor("the phone has it", `document.querySelector(".buy .standing.scanned") !== null`)
	s.powerCut(func() { phone.tap(`button[value=confirm]`) })
	s.comeBack()
	s.waitFor("paid", `document.querySelector(".buy .standing.fulfilled") !== null`)
	s.sound("after two power cuts")
	s.focusOn(kb.ArrowRight, "buy/buttons|play")
	s.press(kb.Enter)
	d.waitPhase("playing", patience)
	if out := d.must("ledger", "verify"); !strings.Contains(out, "1 entries") {
		t.Errorf("ledger: %s", out)
	}
}

// powerCut kills the daemon and starts it again; the box asks who watches.
func (s *screen) powerCut(meanwhile func()) {
	s.t.Helper()
	s.demo.kill()
	s.waitFor("the page says that the box is away", `document.querySelector(".banner.shown") !== null`)
	meanwhile()
	s.demo.again()
	s.waitFor("the box is back", `document.querySelector(".banner.shown") === null`)
	s.on("who")
}

// comeBack chooses the profile that has the PIN; it was buying something.
func (s *screen) comeBack() {
	s.t.Helper()
	s.focusOn(kb.ArrowLeft, "who/faces|main")
	s.press(kb.Enter)
	s.enter("2580")
	s.on("buy")
}
