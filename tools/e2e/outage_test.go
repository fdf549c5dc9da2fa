package e2e

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startService starts boxoffice on a free port and gives its address.
func startService(t *testing.T, args ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(program(t, "boxoffice"), append([]string{"-listen", address}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("boxoffice said:\n%s", &out)
		}
	})
	eventually(t, 15*time.Second, "the service answers", func() bool {
		resp, err := http.Get("http://" + address + "/.well-known/usher-service")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	return "http://" + address
}

// startBox starts usherd as on a box, with its default settings, for a service
// named demo.
func startBox(t *testing.T, service string) *demo {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "usher.toml")
	text := "[player]\nbus = \"private\"\n[remote]\nread = \"off\"\n[[service]]\nid = \"demo\"\nurl = \"" + service + "\"\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startUsherd(t, "-config", config, "-state", filepath.Join(dir, "state"), "-cache", filepath.Join(dir, "cache"))
}

// TestOutageInMidFilm takes the network away for 25 s: mpv plays on, nobody
// waits, and what happened is told while it lasts and afterwards.
func TestOutageInMidFilm(t *testing.T) {
	needs(t, "mpv", "playerctl")
	began := time.Now()
	const after, lasts = 25 * time.Second, 25 * time.Second
	d := startBox(t, startService(t, "-rate", "12mbit", "-delay", "25ms", "-outage-after", after.String(), "-outage-for", lasts.String()))
	eventually(t, 15*time.Second, "the film begins", func() bool {
		_, code := d.usher("play", "-start", d.film())
		return code == 0
	})
	d.waitPhase("playing", 10*time.Second)
	// The film lasts two minutes and the window is a minute and a half: there is
	// always something that is being asked for.
	eventually(t, time.Until(began.Add(after+lasts-2*time.Second)), "the outage is told", func() bool {
		return strings.Contains(d.must("why", "stall"), "fell silent 1 time")
	})
	if time.Since(began) < after {
		t.Fatalf("silent %v after the start, before the outage", time.Since(began))
	}
	for at, when := d.mpvPosition(), time.Now(); time.Since(began) < after+lasts+5*time.Second; {
		time.Sleep(3 * time.Second)
		pos, now := d.mpvPosition(), time.Now()
		if moved, took := pos-at, now.Sub(when).Seconds(); moved < took-1 || moved > took+1 {
			t.Errorf("%v after the start mpv moved %.2f s in %.2f s", time.Since(began).Round(time.Second), moved, took)
		}
		at, when = pos, now
	}
	d.waitPhase("playing", time.Second)
	said := d.must("why", "stall")
	t.Logf("usher why stall:\n%s", said)
	for _, want := range []string{"None in this title.", "fell silent 1 time, 2", "the film went on from what was held"} {
		if !strings.Contains(said, want) {
			t.Errorf("usher why stall does not say %q", want)
		}
	}
	d.must("seek", "0:05")
	eventually(t, 10*time.Second, "the film goes on after a seek", func() bool {
		pos := d.mpvPosition()
		return pos > 5.5 && pos < 20
	})
}
