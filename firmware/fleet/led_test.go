package fleet

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/fleet/ddi"
	"usher/firmware/fleet/ddi/dditest"
)

// led is a box that hawkBit leads.
type led struct {
	*Led
	*dditest.Server
	b   *box
	t   *testing.T
	img []byte
}

// newLed is a fleet with the signed releases 1, 2, and 9 for another board.
func newLed(t *testing.T) *led {
	t.Helper()
	h := newHouse(t)
	img := noise(20_000, 1)
	for _, v := range []string{"1", "2"} {
		r := terms(v)
		r.Percent = 0 // nobody takes it by itself
		if v == "1" {
			r.Counter = 0
		}
		_, err := h.StageRelease(bytes.NewReader(img), r, 90)
		h.must(err)
	}
	other := terms("9")
	other.Boards = []string{"tv"}
	h.issue(img, other)
	b := h.box(h.serve())
	s := &dditest.Server{Tenant: "default", Token: "s3cret", Sleep: "00:05:00"}
	web := httptest.NewTLSServer(s)
	t.Cleanup(web.Close)
	client, err := ddi.New(ddi.Options{Base: web.URL, ID: "box", Token: "s3cret", Transport: web.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &led{Led: &Led{Repository: b.Repository, Server: client, Box: b.Box, Clock: b.Clock}, Server: s, b: b, t: t, img: img}
}

func forced(version string) dditest.Deployment {
	return dditest.Deployment{Version: version, Download: "forced", Update: "forced"}
}

func (l *led) check(p Present) *Offer {
	l.t.Helper()
	o, _, err := l.Check(l.t.Context(), p)
	if err != nil {
		l.t.Fatal(err)
	}
	return o
}

func (l *led) report(o *Offer, stage Stage, percent int) {
	l.t.Helper()
	r := Report{Action: o.Action, Version: o.Release.Version, Stage: stage, Percent: percent, At: now()}
	if stage == Failed {
		r.Reason = firmware.NoPlayer
	}
	if err := l.Report(l.t.Context(), r); err != nil {
		l.t.Fatal(err)
	}
}

func TestLedFromAssignmentToEnd(t *testing.T) {
	l := newLed(t)
	one := Present{Version: "1"}
	if l.check(one) != nil || l.Led.Sleep() != 5*time.Minute {
		t.Errorf("an offer from nowhere; sleeps %v", l.Led.Sleep())
	}
	if got := l.Config("box"); got["board"] != "stick" || got["version"] != "1" || len(got) != 2 {
		t.Errorf("told %v about the box", got)
	}
	id := l.Assign("box", dditest.Deployment{Version: "2", Download: "attempt", Update: "attempt", Window: "unavailable"})
	o := l.check(one)
	if o == nil || o.Release.Version != "2" || o.Action != strconv.FormatInt(id, 10) || !o.Hold || !o.Release.Urgent.IsZero() {
		t.Fatalf("%+v", o)
	}
	if !bytes.Equal(l.b.take(o, l.img), l.img) {
		t.Error("another image")
	}
	for percent := range 101 {
		l.report(o, Fetching, percent)
	}
	l.Change("box", func(d *dditest.Deployment) { d.Window, d.Update = "available", "forced" })
	if o = l.check(one); o == nil || o.Hold || o.Release.Urgent.IsZero() {
		t.Fatalf("the window is open: %+v", o)
	}
	l.report(o, Installed, 0)
	trying := Present{Version: "1", Trying: o.Action}
	if l.check(trying) != nil {
		t.Error("offered again while it is tried")
	}
	l.report(o, Proved, 0)
	a := l.Action("box", id)
	want := append(slices.Repeat([]string{"download/none"}, 11), "proceeding/none", "closed/success")
	if a.State != "finished" || !slices.Equal(a.Told, want) {
		t.Errorf("%s %v", a.State, a.Told)
	}
	l.report(o, Proved, 0) // once more, after a restart: it is gone, and nobody minds
	if l.check(Present{Version: "2"}) != nil {
		t.Error("an offer after the end")
	}
}

func TestLedFailureIsToldAndNotTriedAgain(t *testing.T) {
	l := newLed(t)
	id := l.Assign("box", forced("2"))
	o := l.check(Present{Version: "1"})
	l.report(o, Failed, 0)
	if a := l.Action("box", id); a.State != "error" || !slices.Contains(a.Details, "no_player") {
		t.Errorf("%+v", a)
	}
	// Somebody assigns it again: the box has not forgotten.
	id = l.Assign("box", forced("2"))
	_, skipped, err := l.Check(t.Context(), Present{Version: "1", Failed: map[string]bool{"2": true}})
	if !hasReason(err, firmware.TriedBefore) || !slices.Equal(skipped, []Skipped{{"2", Tried}}) || l.Action("box", id).State != "error" {
		t.Errorf("%v %v", skipped, err)
	}
}

func hasReason(err error, why firmware.Reason) bool {
	var e *firmware.Error
	return errors.As(err, &e) && e.Reason == why
}

// Whoever has the account cannot make a box run what was not signed for it.
func TestLedTakesOnlyWhatIsSigned(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		p       Present
		why     firmware.Reason
	}{
		"unsigned":    {"3", Present{Version: "1"}, firmware.Untrusted},
		"other board": {"9", Present{Version: "1"}, firmware.WrongBoard},
		"downgrade":   {"1", Present{Version: "2", Floor: 1}, firmware.Downgrade},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLed(t)
			id := l.Assign("box", forced(c.version))
			o, _, err := l.Check(t.Context(), c.p)
			if o != nil || !hasReason(err, c.why) {
				t.Errorf("%v", err)
			}
			if a := l.Action("box", id); a.State != "error" {
				t.Errorf("%+v", a)
			}
			if l.check(c.p) != nil { // and no loop
				t.Error("offered again")
			}
		})
	}
}

func TestLedHasItAlready(t *testing.T) {
	l := newLed(t)
	id := l.Assign("box", forced("2"))
	if l.check(Present{Version: "2"}) != nil || l.Action("box", id).State != "finished" {
		t.Errorf("%+v", l.Action("box", id))
	}
	back := l.Assign("box", forced("1"))
	if o := l.check(Present{Version: "2"}); o == nil || o.Release.Version != "1" {
		t.Errorf("the server may lead back, down to the floor: %+v %+v", o, l.Action("box", back))
	}
}

func TestLedCancel(t *testing.T) {
	l := newLed(t)
	id := l.Assign("box", forced("2"))
	if l.check(Present{Version: "1"}) == nil {
		t.Fatal("no offer")
	}
	l.Cancel("box")
	if l.check(Present{Version: "1"}) != nil || l.Action("box", id).State != "canceled" {
		t.Errorf("%+v", l.Action("box", id))
	}
	id = l.Assign("box", forced("2"))
	o := l.check(Present{Version: "1"})
	l.report(o, Installed, 0)
	l.Cancel("box")
	if l.check(Present{Version: "1", Trying: o.Action}) != nil || l.Action("box", id).State != "running" {
		t.Errorf("what is tried cannot be stopped: %+v", l.Action("box", id))
	}
	l.report(o, Proved, 0)
	if l.Action("box", id).State != "finished" {
		t.Errorf("%+v", l.Action("box", id))
	}
}

func TestLedConfirms(t *testing.T) {
	l := newLed(t)
	l.Confirm = true
	if l.check(Present{Version: "1"}) != nil {
		t.Error("an offer from nowhere")
	}
	id := l.Assign("box", forced("2"))
	if l.check(Present{Version: "1"}) != nil || l.Action("box", id).State != "running" {
		t.Errorf("%+v", l.Action("box", id))
	}
	if l.check(Present{Version: "1"}) == nil {
		t.Error("agreed, and no offer")
	}
	l = newLed(t)
	l.Confirm = true
	id = l.Assign("box", forced("9"))
	if l.check(Present{Version: "1"}) != nil || !slices.Contains(l.Action("box", id).Told, "denied") {
		t.Errorf("%+v", l.Action("box", id))
	}
}

func TestLedSkip(t *testing.T) {
	l := newLed(t)
	l.Assign("box", dditest.Deployment{Version: "2", Download: "skip", Update: "skip"})
	if l.check(Present{Version: "1"}) != nil {
		t.Error("an offer that the server does not want yet")
	}
	l.Change("box", func(d *dditest.Deployment) { d.Download = "attempt" })
	if o := l.check(Present{Version: "1"}); o == nil || !o.Hold {
		t.Errorf("%+v", o)
	}
}

// A server that is away, or answers nonsense, costs the report and nothing else.
func TestReportsDecideNothing(t *testing.T) {
	l := newLed(t)
	l.Assign("box", forced("2"))
	o := l.check(Present{Version: "1"})
	for _, status := range []int{500, 429, 403, 302} {
		l.Fail(status)
		if err := l.Report(t.Context(), Report{Action: o.Action, Stage: Proved, At: now()}); !hasReason(err, firmware.Unreachable) {
			t.Errorf("%d: %v", status, err)
		}
		if _, _, err := l.Check(t.Context(), Present{Version: "1"}); !hasReason(err, firmware.Unreachable) {
			t.Errorf("%d: %v", status, err)
		}
	}
	l.Fail(410)
	l.report(o, Proved, 0)
	if err := l.Report(t.Context(), Report{Action: "", Stage: Proved}); err != nil {
		t.Errorf("a release of no server: %v", err)
	}
	l.Fail(0)
	l.report(o, Proved, 0)
}

// Links of the server do not lead the token away, nor the box.
func TestLinksAreNotFollowed(t *testing.T) {
	l := newLed(t)
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s came, with %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	l.Href = thief.URL + "/evil"
	l.Assign("box", forced("2"))
	if l.check(Present{Version: "1"}) == nil {
		t.Error("no offer")
	}
	for _, c := range l.Calls() {
		if !strings.Contains(c, " /default/controller/v1/box") {
			t.Error(c)
		}
	}
}

func TestNothingNewIsOneSmallAnswer(t *testing.T) {
	l := newLed(t)
	p := Present{Version: "1"}
	l.check(p)
	before := len(l.Calls())
	for range 3 {
		l.check(p)
	}
	if calls := l.Calls()[before:]; len(calls) != 3 {
		t.Errorf("%v", calls)
	}
}
