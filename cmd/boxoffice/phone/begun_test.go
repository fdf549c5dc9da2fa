package phone_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/cmd/boxoffice/office"
)

// stockedHouse is the service with its streams, as far as asking to play goes.
func stockedHouse(t *testing.T) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "streams.json"), []byte(`{"version":"t","streams":{"ladder":{"durationMs":24000},"tongues":{"durationMs":24000},"carpet":{"durationMs":24000},"vault":{"durationMs":24000},"single":{"durationMs":24000},"loop":{"durationMs":8000}}}`), 0o600))
	o, err := office.New(office.Options{Demo: true, Streams: dir})
	must(t, err)
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	return s
}

// TestARentalThatWasBegunStays: nobody is offered to give it back, and a page
// that still offers it says why not.
func TestARentalThatWasBegunStays(t *testing.T) {
	s := stockedHouse(t)
	p := newPerson(t, s.URL)
	p.signIn("/account")
	const title, button = "glass-harbour", `value="refund"`
	b, path := purchase(t, s, p, title, "rent")
	p.submit(p.submit(p.send("GET", path, nil), path, "do", "sheet"), path, "do", "confirm")
	before := p.send("GET", "/account", nil)
	if !strings.Contains(before.body, button) {
		t.Errorf("a rental that nobody began: %s", before.body)
	}
	if w := b.Ask("POST", "/v1/playback", `{"titleId":"`+title+`"}`); w.Code != http.StatusOK {
		t.Fatalf("play: %d %s", w.Code, w.Body)
	}
	if after := p.send("GET", "/account", nil); strings.Contains(after.body, button) || !strings.Contains(after.body, "LP-") {
		t.Errorf("a rental that was begun: %s", after.body)
	}
	if got := p.submit(before, "/account", "do", "refund"); got.status != http.StatusConflict || !strings.Contains(got.body, "cannot be given back") {
		t.Errorf("the page from before: %d %s", got.status, got.body)
	}
	if got, lease := state(t, b, title); got != "fulfilled" || lease == "" {
		t.Errorf("afterwards it is %s", got)
	}
}
