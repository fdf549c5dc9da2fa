package household

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk keeps settings, and every state it has ever been in.
type disk struct {
	now      map[string]string
	history  []map[string]string
	broken   error
	wiped    []string
	progress map[string]map[string]box.Progress
}

func newDisk() *disk { return &disk{now: map[string]string{}} }

func (d *disk) Setting(key string) (string, bool, error) {
	v, ok := d.now[key]
	return v, ok, nil
}

func (d *disk) SetSetting(key, value string) error {
	if d.broken != nil {
		return d.broken
	}
	d.now = maps.Clone(d.now)
	d.now[key] = value
	d.history = append(d.history, d.now)
	return nil
}

func (d *disk) Progress(profile string) (map[string]box.Progress, error) {
	return d.progress[profile], nil
}
func (d *disk) Choices(string) (map[string]box.Choice, error) { return nil, nil }
func (d *disk) ForgetViewer(profile string) error             { d.wiped = append(d.wiped, profile); return nil }

// home is a household on a disk, and what the core was told.
type home struct {
	*Household
	t    testing.TB
	disk *disk
	told []box.HouseholdChanged
	now  time.Time
}

func open(t testing.TB, d *disk) *home {
	t.Helper()
	h := &home{t: t, disk: d, now: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)}
	var err error
	h.Household, err = Open(Options{
		Store: d, Country: "DE", Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return h.now },
		Tell: func(e box.HouseholdChanged) { h.told = append(h.told, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.cost = 64 // KiB: what a PIN costs is not what is tested
	return h
}

// last is what the core was told last; it is told under the lock.
func (h *home) last() box.HouseholdChanged {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told[len(h.told)-1]
}

func (h *home) view() box.HouseholdView {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.Household.now().Household
}

func (h *home) sees(age int) bool {
	_, sees := h.Viewer()
	return sees(film(age), "DE")
}

func film(age int) offer.Title {
	t := offer.Title{ID: "demo:film", Kind: offer.Film, Territories: []string{"DE"}}
	if age >= 0 {
		t.Ratings = []offer.Rating{{System: "FSK", MinAge: age}}
	}
	return t
}

func named(name string, change ...func(*box.ProfileDraft)) box.ProfileDraft {
	d := box.ProfileDraft{Name: &name}
	for _, f := range change {
		f(&d)
	}
	return d
}

func kids(age int) func(*box.ProfileDraft) {
	return func(d *box.ProfileDraft) { d.Kids, d.MaxAge = new(true), &age }
}

func pin(p rights.PIN) func(*box.ProfileDraft) {
	return func(d *box.ProfileDraft) { d.PIN = &p }
}

func code(err error) string {
	var p *box.Problem
	var l *box.PINLocked
	switch {
	case err == nil:
		return ""
	case errors.As(err, &p):
		return p.Code
	case errors.As(err, &l):
		return l.Problem().Code
	}
	return err.Error()
}

func (h *home) want(want string, err error) {
	h.t.Helper()
	if got := code(err); got != want {
		h.t.Fatalf("%q (%v), want %q", got, err, want)
	}
}

// family is a household with a PIN and a child.
func family(t testing.TB, d *disk) (h *home, child string) {
	t.Helper()
	h = open(t, d)
	h.want("", h.Change(t.Context(), box.FirstProfile, box.ProfileDraft{PIN: new(rights.PIN("1234"))}, ""))
	child, err := h.Create(t.Context(), named("Ida", kids(6)), "1234")
	h.want("", err)
	return h, child
}

func TestABoxBeginsWithOneProfileThatSeesAll(t *testing.T) {
	h := open(t, newDisk())
	v := h.view()
	if v.Current != box.FirstProfile || len(v.Profiles) != 1 || !h.sees(18) || !h.sees(-1) {
		t.Errorf("%+v", v)
	}
	if p, ok := h.Watching(); !ok || p.Kids || p.Age != rights.Adult {
		t.Errorf("%+v, %v", p, ok)
	}
}

func TestAChildSeesWhatItMay(t *testing.T) {
	h, child := family(t, newDisk())
	before, _ := h.Viewer()
	h.want("", h.Choose(t.Context(), child, ""))
	if after, _ := h.Viewer(); after == before {
		t.Error("the number is the same for somebody else")
	}
	for age, want := range map[int]bool{-1: false, 0: true, 6: true, 12: false, 18: false} {
		if h.sees(age) != want {
			t.Errorf("age %d: %v", age, !want)
		}
	}
	if last := h.last(); last.Viewer.ID != child || last.Household.Current != child {
		t.Errorf("told %+v", last.Viewer)
	}
	h.want("pin_needed", h.Choose(t.Context(), box.FirstProfile, ""))
	h.want("pin_wrong", h.Choose(t.Context(), box.FirstProfile, "9999"))
	h.want("", h.Choose(t.Context(), box.FirstProfile, "1234"))
}

// TestNobodyYetSeesWhatAllMaySee: after a start with several profiles.
func TestNobodyYetSeesWhatAllMaySee(t *testing.T) {
	d := newDisk()
	family(t, d)
	h := open(t, d)
	if _, ok := h.Watching(); ok || h.view().Current != "" || !h.sees(6) || h.sees(12) {
		t.Errorf("%+v", h.view())
	}
	h.want("profile_unknown", h.Note("demo:film", true))
	s, err := h.Start(box.New("t", false), box.Languages{})
	if err != nil || box.Refuse(s, box.PlayRequested{TitleID: "demo:a"}) == nil {
		t.Errorf("it plays for nobody: %v", err)
	}
}

// TestALimitNeedsAPINBesideIt: whatever is changed, a profile that may see
// more than another one has a PIN.
func TestALimitNeedsAPINBesideIt(t *testing.T) {
	ctx := t.Context()
	h := open(t, newDisk())
	_, err := h.Create(ctx, named("Ida", kids(6)), "")
	h.want("pin_missing", err)
	h, child := family(t, newDisk())
	h.want("pin_missing", h.Change(ctx, box.FirstProfile, box.ProfileDraft{PIN: new(rights.PIN(""))}, "1234"))
	_, err = h.Create(ctx, named("Aunt"), "1234")
	h.want("pin_missing", err)
	_, err = h.Create(ctx, named("Aunt", pin("5555")), "1234")
	h.want("", err)
	_, err = h.Create(ctx, named("Tom", kids(12)), "1234")
	h.want("pin_missing", err)
	h.want("pin_missing", h.ForgetPIN(ctx, box.FirstProfile, ""))
	h.want("", h.ForgetPIN(ctx, box.FirstProfile, "4321"))
	h.want("pin_wrong", h.Remove(ctx, child, "1234"))
	h.want("", h.Remove(ctx, child, "4321"))
	h.want("", h.Change(ctx, box.FirstProfile, box.ProfileDraft{PIN: new(rights.PIN(""))}, "4321"))
}

func TestWhoMayChangeWhat(t *testing.T) {
	ctx := t.Context()
	h, child := family(t, newDisk())
	h.want("", h.Change(ctx, box.FirstProfile, named("Mother"), "")) // its own name
	h.want("pin_needed", h.Change(ctx, child, named("Ilse"), ""))
	h.want("", h.Choose(ctx, child, ""))
	h.want("pin_needed", h.Change(ctx, child, named("Boss"), "")) // a child changes nothing
	h.want("pin_needed", h.Change(ctx, child, box.ProfileDraft{MaxAge: new(18)}, ""))
	h.want("pin_needed", h.Remove(ctx, child, ""))
	_, err := h.Create(ctx, named("Big", kids(16)), "")
	h.want("pin_needed", err)
	h.want("profile_watching", h.Remove(ctx, child, "1234"))
	h.want("profile_first", h.Remove(ctx, box.FirstProfile, "1234"))
	h.want("profile_first", h.Change(ctx, box.FirstProfile, box.ProfileDraft{MaxAge: new(12)}, "1234"))
	h.want("profile_unknown", h.Change(ctx, "x", named("X"), "1234"))
	h.want("profile_unknown", h.Choose(ctx, "x", ""))
	for bad, d := range map[string]box.ProfileDraft{
		"long name": named(strings.Repeat("x", 31)), "no name": named(" "), "control": named("a\x07"), "avatar": {Avatar: new("dragon")},
		"age": {MaxAge: new(7)}, "adult child": {MaxAge: new(18)}, "hours": {Watershed: &box.Watershed{MinAge: 6, From: 1440}}, "tag": {Audio: new("d e")},
	} {
		if got := code(h.Change(ctx, child, d, "1234")); got != "profile_bad" {
			t.Errorf("%s: %q", bad, got)
		}
	}
	h.want("pin_improper", h.Change(ctx, child, box.ProfileDraft{PIN: new(rights.PIN("12"))}, "1234"))
}

func TestWrongPINsLock(t *testing.T) {
	ctx := t.Context()
	d := newDisk()
	h, child := family(t, d)
	h.want("", h.Choose(ctx, child, ""))
	for range 3 {
		if c := code(h.Choose(ctx, box.FirstProfile, "0000")); c != "pin_wrong" && c != "pin_locked" {
			t.Fatal(c)
		}
	}
	h.want("pin_locked", h.Choose(ctx, box.FirstProfile, "1234"))
	h = open(t, d) // switched off and on
	h.want("pin_locked", h.Choose(ctx, box.FirstProfile, "1234"))
	h.now = h.now.Add(31 * time.Second)
	h.want("pin_locked", h.Choose(ctx, box.FirstProfile, "0000"))
	h.want("pin_locked", h.Remove(ctx, child, "1234"))
	h.now = h.now.Add(61 * time.Second)
	h.want("", h.Choose(ctx, box.FirstProfile, "1234"))
	h.want("pin_wrong", h.Verify(ctx, "0000"))
	h.want("", h.Verify(ctx, "1234"))
}

// TestATryIsCountedBeforeItIsJudged: power that is cut while a PIN is judged
// gives no further try.
func TestATryIsCountedBeforeItIsJudged(t *testing.T) {
	d := newDisk()
	h, _ := family(t, d)
	before := len(d.history)
	h.want("", h.Verify(t.Context(), "1234"))
	if len(d.history) != before+2 {
		t.Fatalf("%d writes", len(d.history)-before)
	}
	d.now = d.history[before] // cut in between
	if tries := open(t, d).all.Profiles[0].Tries; tries.Wrong != 1 {
		t.Errorf("%+v", tries)
	}
	d.broken = errors.New("read-only")
	if err := h.Verify(t.Context(), "1234"); err == nil {
		t.Error("a try that cannot be counted is judged")
	}
}

func TestAPINIsNowhere(t *testing.T) {
	d := newDisk()
	h, _ := family(t, d)
	h.want("", h.Change(t.Context(), box.FirstProfile, box.ProfileDraft{PIN: new(rights.PIN("86420"))}, "1234"))
	told, _ := json.Marshal(h.told)
	kept, _ := json.Marshal(d.history)
	for _, digits := range []string{"86420", "1234"} {
		if strings.Contains(string(told), digits) || strings.Contains(string(kept), `"`+digits) {
			t.Errorf("%s shows", digits)
		}
	}
	if !h.view().Profiles[0].PIN {
		t.Error("that there is one does not show")
	}
}

// TestPowerMayGoAtAnyWrite reopens the household as it was after each write of
// a busy day: it is always one that keeps its rules.
func TestPowerMayGoAtAnyWrite(t *testing.T) {
	ctx := t.Context()
	d := newDisk()
	h, child := family(t, d)
	aunt, err := h.Create(ctx, named("Aunt", pin("5555")), "1234")
	h.want("", err)
	h.want("", h.Choose(ctx, aunt, "5555"))
	h.want("", h.Note("demo:film", true))
	h.want("", h.Choose(ctx, box.FirstProfile, "1234"))
	h.want("", h.Remove(ctx, aunt, "1234"))
	h.want("", h.Remove(ctx, child, "1234"))
	for i, state := range d.history {
		again := open(t, &disk{now: state})
		if bad := again.all.rules(); bad != nil {
			t.Errorf("after write %d: %v", i+1, bad)
		}
	}
	last := open(t, d)
	if len(d.wiped) != 2 || len(last.all.Gone) != 0 || len(open(t, d).all.Profiles) != 1 || len(d.wiped) != 2 {
		t.Errorf("wiped %v", d.wiped)
	}
	if list, _, _ := last.readList(aunt); len(list) != 0 {
		t.Errorf("her list is there: %v", list)
	}
}

func TestAnUnreadableHouseholdIsNoOpenHouse(t *testing.T) {
	for _, text := range []string{"", "{", `{"version":2}`, `{"version":1}`, `{"version":1,"profiles":[{"id":"x"}]}`} {
		d := newDisk()
		d.now[settingKey] = text
		if _, err := Open(Options{Store: d}); err == nil {
			t.Errorf("%q: opened", text)
		}
	}
}

func TestWatchlistOfEach(t *testing.T) {
	ctx := t.Context()
	d := newDisk()
	h, child := family(t, d)
	h.want("", h.Note("demo:a", true))
	h.want("", h.Note("demo:b", true))
	h.want("", h.Note("demo:b", true))
	h.want("", h.Choose(ctx, child, ""))
	h.want("", h.Note("demo:c", true))
	h = open(t, d)
	h.want("", h.Choose(ctx, box.FirstProfile, "1234"))
	if got := strings.Join(h.view().Watchlist, " "); got != "demo:b demo:a" {
		t.Error(got)
	}
	h.want("", h.Note("demo:b", false))
	for i := range MaxWatchlist - 1 {
		h.want("", h.Note("demo:x"+strings.Repeat("x", i), true))
	}
	h.want("watchlist_full", h.Note("demo:y", true))
}

func TestWatershedOpensAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, child := family(t, newDisk())
		base, start := h.now, time.Now()
		h.opt.Now = func() time.Time { return base.Add(time.Since(start)) }
		late := &box.Watershed{MinAge: 6, From: 20*60 + 1, Until: 22 * 60}
		h.want("", h.Change(t.Context(), child, box.ProfileDraft{Watershed: late}, "1234"))
		h.want("", h.Choose(t.Context(), child, ""))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- h.Run(ctx) }()
		synctest.Wait()
		n, _ := h.Viewer()
		if h.sees(6) || !h.sees(0) {
			t.Errorf("before the hours: %+v", h.last())
		}
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if after, _ := h.Viewer(); after == n || !h.sees(6) {
			t.Error("the hours do not begin")
		}
		revision := h.last().Household.Revision
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if h.sees(6) || h.last().Household.Revision == revision {
			t.Error("the hours do not end")
		}
		stop()
		<-ended
	})
}

func TestACountryThatNobodyNames(t *testing.T) {
	h := open(t, newDisk())
	_, sees := h.Viewer()
	if !sees(film(6), "") || sees(film(6), "US") {
		t.Error("territories")
	}
}

// TestNoOrderOfChangesOpensTheHouse tries changes at random without the PIN:
// the child never sees more.
func TestNoOrderOfChangesOpensTheHouse(t *testing.T) {
	h, child := family(t, newDisk())
	ctx, r := t.Context(), rand.New(rand.NewPCG(1, 2))
	h.want("", h.Choose(ctx, child, ""))
	ages := []int{0, 6, 12, 16, 18}
	for range 3000 {
		d := named("X", func(d *box.ProfileDraft) { d.MaxAge, d.Kids = &ages[r.IntN(5)], new(r.IntN(2) == 0) })
		who := []string{child, box.FirstProfile, "x"}[r.IntN(3)]
		switch r.IntN(5) {
		case 0:
			_ = h.Change(ctx, who, d, "")
		case 1:
			_, _ = h.Create(ctx, d, "")
		case 2:
			_ = h.Remove(ctx, who, "")
		case 3:
			_ = h.Choose(ctx, who, "")
		case 4:
			h.Leave()
		}
		if h.sees(12) || h.sees(-1) {
			t.Fatalf("%+v", h.view())
		}
	}
}
