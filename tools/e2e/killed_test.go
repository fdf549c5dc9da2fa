package e2e

import (
	"flag"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

var storm = flag.String("storm", "", "with TestStorm: the faces at which the daemon is killed, or all")

// focusAt is the screen and the place of the focus on it.
const focusAt = `document.querySelector(".screen").className.replace(" filmed", "") + " " + document.activeElement.id`

// TestDaemonKilledOnEveryScreen kills the daemon on each face that keys lead to:
// the page says so, and goes on where it was when the daemon is back.
func TestDaemonKilledOnEveryScreen(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t, "-state", filepath.Join(t.TempDir(), "state"))
	s := openWalk(t, d, 1280, 720)
	for i, v := range views() {
		if *only != "" && *only != v.name && *only != "away" {
			continue
		}
		v.enter(s)
		s.waitFor(v.name, v.seen)
		s.tongue(v, languagesOfPage()[(i+4)%5]) // what is said meanwhile is seen in all of them
		if v.name == "home-rails" {
			s.waitFor("the picture behind it", behindFocus)
		}
		s.killed(v, func() {
			if v.name == "home-rails" { // in English
				s.shot("away")
			}
		})
	}
}

// TestPicturesComeWithTheDaemon: what could not be fetched while the box was away
// is there when it is back, without a key.
func TestPicturesComeWithTheDaemon(t *testing.T) {
	d := startDemo(t, "-state", filepath.Join(t.TempDir(), "state"))
	s := openWalk(t, d, 1280, 720)
	s.home()
	s.waitFor("the picture behind it", behindFocus)
	d.kill()
	s.waitFor("the page says that the box is away", `document.querySelector(".banner.shown") !== null`)
	s.press(kb.ArrowRight)
	s.waitFor("no picture", `document.querySelector(".backdrop .front img") === null`)
	d.again()
	s.waitFor("the picture of the title that has the focus", behindFocus)
	s.sound("after the pictures came")
}

// killed kills the daemon while a face is seen, starts it again, and wants the
// page to say so, to lose no place, and to leave nothing unhandled.
func (s *screen) killed(f face, meanwhile func()) {
	s.t.Helper()
	was := s.eval(focusAt)
	if f.again != "" {
		was = f.again
	}
	s.demo.kill()
	s.waitFor(f.name+": the page says that the box is away", `document.querySelector(".banner.shown") !== null`)
	s.fit(f.name + " while the box is away")
	meanwhile()
	s.demo.again()
	s.waitFor(f.name+": the box is back", `document.querySelector(".banner.shown") === null`)
	s.sound(f.name)
	for end := time.Now().Add(20 * time.Second); f.stays() && !strings.HasPrefix(s.eval(focusAt), was); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Errorf("%s: goes on at %q, not at %q", f.name, s.eval(focusAt), was)
			break
		}
	}
}

// stays says whether the screen is the same after a restart: a film is over
// with the daemon that played it.
func (f face) stays() bool { return f.route != "player" && f.name != "search-found" }

// kill ends the daemon as a power cut does.
func (d *demo) kill() {
	d.t.Helper()
	if err := syscall.Kill(d.ready.PID, syscall.SIGKILL); err != nil {
		d.t.Fatal(err)
	}
	err := <-d.ended
	d.ended <- err
}

// again starts the daemon as it was started before, at the same address.
func (d *demo) again() {
	d.t.Helper()
	page, err := url.Parse(d.ready.Page)
	if err != nil {
		d.t.Fatal(err)
	}
	<-d.ended
	d.start(append(d.args, "-listen", page.Host)...)
}
