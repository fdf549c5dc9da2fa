package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// phone is somebody with a phone who is signed in as the demo's household.
type phone struct {
	t    *testing.T
	at   string
	http *http.Client
}

func signedInPhone(t *testing.T, service string) *phone {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, at: service, http: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
	p.post("/signin", url.Values{"name": {"demo"}, "password": {"popcorn"}, "next": {"/account"}})
	return p
}

func (p *phone) get(path string) string {
	p.t.Helper()
	resp, err := p.http.Get(p.at + path)
	return p.page(resp, err)
}

func (p *phone) post(path string, form url.Values) string {
	p.t.Helper()
	resp, err := p.http.PostForm(p.at+path, form)
	return p.page(resp, err)
}

func (p *phone) page(resp *http.Response, err error) string {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		p.t.Fatalf("the phone got %s, %v:\n%s", resp.Status, err, body)
	}
	return string(body)
}

// hidden is the value of a hidden field of a page.
func (p *phone) hidden(page, name string) string {
	p.t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		p.t.Fatalf("no %s in\n%s", name, page)
	}
	return m[1]
}

// decide allows or declines a box.
func (p *phone) decide(code, what string) {
	p.t.Helper()
	page := p.get("/activate?code=" + url.QueryEscape(code))
	p.post("/activate", url.Values{"token": {p.hidden(page, "token")}, "code": {code}, "do": {what}})
}

// removeBox takes the only box out of the account.
func (p *phone) removeBox() {
	p.t.Helper()
	page := p.get("/account")
	p.post("/account/boxes", url.Values{"token": {p.hidden(page, "token")}, "box": {p.hidden(page, "box")}})
}

// startPaidBox starts a box with accounts at a service that wants to be paid.
func startPaidBox(t *testing.T, service, state string) *demo {
	t.Helper()
	file := filepath.Join(t.TempDir(), "usher.toml")
	text := fmt.Sprintf("[player]\nbus = \"private\"\n[remote]\nread = \"off\"\n[keys]\ntier = \"file\"\n[[service]]\nid = \"demo\"\nurl = %q\nissuer = %q\n", service, service)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startUsherd(t, "-config", file, "-state", state, "-cache", t.TempDir())
}

// pairedBy asks for a code with the command line and has it approved.
func (d *demo) pairedBy(p *phone) {
	d.t.Helper()
	code := regexp.MustCompile(`"userCode":"([^"]+)"`).FindStringSubmatch(d.must("pair", "--wait=false", "--json"))
	if code == nil {
		d.t.Fatal("no code")
	}
	p.decide(code[1], "allow")
	eventually(d.t, 10*time.Second, "paired", func() bool { return strings.HasPrefix(d.account(), "demo: connected") })
}

const (
	freeFilm = "demo:lantern-coast"
	planFilm = "demo:old-tea-road"  // of the subscription
	shopFilm = "demo:glass-harbour" // rented
)

// wants plays a title and wants an exit code and a word in what is said.
func (d *demo) wants(title string, code int, word string) {
	d.t.Helper()
	out, got := d.usher("play", title)
	if got != code || !strings.Contains(out, word) {
		d.t.Errorf("usher play %s: exit %d, want %d with %q:\n%s", title, got, code, word, out)
	}
}

// TestRightsOnTheBox: what is free plays without an account; what is paid for
// plays with one; a box that is taken out of the account on the phone stops
// within a heartbeat, and has nothing left.
func TestRightsOnTheBox(t *testing.T) {
	needs(t, "mpv")
	service, state := startService(t, "-open-house=false"), t.TempDir()
	d := startPaidBox(t, service, state)
	d.wants(freeFilm, 0, "Playing")
	d.wants(planFilm, 3, "not connected")
	p := signedInPhone(t, service)
	d.pairedBy(p)
	d.wants(planFilm, 0, "Playing")
	d.wants(shopFilm, 4, "rented or bought")
	d.wants(planFilm, 0, "Playing")
	p.removeBox()
	removed := time.Now()
	eventually(t, 45*time.Second, "the film ends", func() bool { return d.status().Playback.Phase == "failed" })
	t.Logf("the film ended %v after the box was removed", time.Since(removed).Round(100*time.Millisecond))
	eventually(t, 10*time.Second, "the box is told", func() bool { return strings.Contains(d.account(), "disconnected this box") })
	eventually(t, 10*time.Second, "nothing is left", func() bool { return files(t, state, "accounts", "leases") == "" })
	d.wants(freeFilm, 0, "Playing")
	d.wants(planFilm, 3, "not connected")
}

// files are the files in folders of the state.
func files(t *testing.T, state string, folders ...string) string {
	t.Helper()
	var all []string
	for _, folder := range folders {
		list, err := os.ReadDir(filepath.Join(state, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			all = append(all, f.Name())
		}
	}
	return strings.Join(all, " ")
}

// TestAccountOutlivesThePowerCut: kill -9, and the box is paired and plays.
func TestAccountOutlivesThePowerCut(t *testing.T) {
	needs(t, "mpv")
	service, state := startService(t, "-open-house=false"), t.TempDir()
	d := startPaidBox(t, service, state)
	d.pairedBy(signedInPhone(t, service))
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err := <-d.ended
	d.ended <- err
	again := startPaidBox(t, service, state)
	if got := again.account(); !strings.HasPrefix(got, "demo: connected") {
		t.Fatalf("after the power cut: %s", got)
	}
	again.wants(planFilm, 0, "Playing")
	again.must("unpair")
	if left := files(t, state, "accounts", "leases"); left != "" {
		t.Errorf("left after unpairing: %s", left)
	}
}

// TestHandover: a guest leaves, and nothing of the guest is left; the service
// knows that the box is gone; what is to come is a new household's.
func TestHandover(t *testing.T) {
	needs(t, "mpv")
	service, state := startService(t, "-open-house=false"), t.TempDir()
	d := startPaidBox(t, service, state)
	p := signedInPhone(t, service)
	d.pairedBy(p)
	d.wants(planFilm, 0, "Playing")
	time.Sleep(2 * time.Second) // of film
	d.must("stop")
	d.must("profile", "add", "Zwetschgenknödel")
	if before := d.grep(state); before == "" {
		t.Fatal("the guest left no trace before: the search is wrong")
	}
	if out, code := d.usher("handover"); code != 2 {
		t.Fatalf("without --yes: exit %d\n%s", code, out)
	}
	began := time.Now()
	out := d.must("handover", "--yes")
	t.Logf("handed over in %v:\n%s", time.Since(began).Round(time.Millisecond), out)
	if !strings.Contains(out, "Nothing of the household is left.") {
		t.Errorf("no proof")
	}
	if left := d.grep(state); left != "" {
		t.Errorf("left of the guest: %s", left)
	}
	if page := p.get("/account"); strings.Contains(page, `name="box"`) {
		t.Error("the service still has the box")
	}
	d.wants(planFilm, 3, "not connected")
	d.wants(freeFilm, 0, "Playing")
	d.pairedBy(signedInPhone(t, service))
	d.wants(planFilm, 0, "Playing")
}

// grep finds files of the state that know the guest: by a name, a title or a
// token's shape.
func (d *demo) grep(state string) string {
	d.t.Helper()
	var found []string
	err := filepath.WalkDir(state, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // a file that went is none
		}
		raw, _ := os.ReadFile(path)
		for _, word := range []string{"Zwetschgenknödel", "old-tea-road", "usher-lease+jwt", `"access"`} {
			if strings.Contains(string(raw), word) {
				found = append(found, filepath.Base(path)+": "+word)
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.Join(found, ", ")
}
