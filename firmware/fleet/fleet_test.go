package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/release"
	"usher/firmware/trust"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func now() time.Time { return time.Now() }

// house is whoever makes boxes.
type house struct {
	*release.Spot
	t testing.TB
}

func newHouse(t testing.TB) *house {
	t.Helper()
	spot, err := release.NewSpot(filepath.Join(t.TempDir(), "repo"), now)
	if err != nil {
		t.Fatal(err)
	}
	return &house{spot, t}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func terms(version string) firmware.Release {
	return firmware.Release{Version: version, Boards: []string{"stick"}, Counter: 1, Percent: 100}
}

// issue builds, signs by two of three, and publishes.
func (h *house) issue(img []byte, r firmware.Release) {
	h.t.Helper()
	_, err := h.Release(bytes.NewReader(img), r)
	h.must(err)
}

// box is a client of a house.
type box struct {
	*Static
	t      testing.TB
	budget *fetch.Budget
}

func (h *house) box(base string, transport http.RoundTripper) *box {
	h.t.Helper()
	root, err := h.Root()
	h.must(err)
	clock := trust.NewClock(trust.ClockOptions{Built: now().AddDate(0, 0, -1), Wall: now, Mono: func() time.Duration { return 0 }})
	disk, err := trust.OpenFile(filepath.Join(h.t.TempDir(), "metadata"))
	h.must(err)
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	h.must(err)
	b := &box{t: h.t, budget: fetch.NewBudget(0, 0)}
	server, err := fetch.New(fetch.Options{Base: base, Clock: clock, Transport: transport, Budget: b.budget, Pause: time.Millisecond})
	h.must(err)
	h.t.Cleanup(func() { server.Close(); h.must(disk.Close()) })
	b.Static = &Static{Repository: &Repository{Keeper: keeper, Server: server}, Box: Box{ID: "box 1", Board: "stick"}, Clock: clock}
	return b
}

// serve serves the public folder over TLS.
func (h *house) serve() (base string, transport http.RoundTripper) {
	web := httptest.NewTLSServer(http.FileServer(http.Dir(h.Public())))
	h.t.Cleanup(web.Close)
	return web.URL, web.Client().Transport
}

// take fetches a release as slots would.
func (b *box) take(o *Offer, old []byte) []byte {
	b.t.Helper()
	var d *Download
	var err error
	if old == nil {
		d, err = o.Open(context.Background(), nil, 0)
	} else {
		d, err = o.Open(context.Background(), bytes.NewReader(old), int64(len(old)))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer d.Close()
	var img []byte
	for i := range o.Release.Chunks {
		c := make([]byte, o.Release.Length(i))
		if err := firmware.Take(context.Background(), d, o.Release, i, c); err != nil {
			b.t.Fatal(err)
		}
		img = append(img, c...)
	}
	return img
}

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func TestFromImageToBox(t *testing.T) {
	h := newHouse(t)
	one := noise(1<<20+200_000, 1)
	h.issue(one, terms("1"))
	b := h.box(h.serve())
	o, _, err := b.Check(t.Context(), Present{Version: "0"})
	if err != nil || o == nil || o.Release.Version != "1" {
		t.Fatalf("%+v %v", o, err)
	}
	if !bytes.Equal(b.take(o, nil), one) {
		t.Fatal("another image")
	}
	two := bytes.Clone(one)
	copy(two[1<<20:], noise(40<<10, 2))
	r := terms("2")
	r.Notes = map[string]string{"de": "Neu"}
	h.issue(two, r)
	before := b.budget.Spent()
	o, _, err = b.Check(t.Context(), Present{Version: "1"})
	if err != nil || o == nil || o.Release.Version != "2" || o.Release.Notes["de"] != "Neu" || o.Release.Check() != nil {
		t.Fatalf("%+v %v", o, err)
	}
	if !bytes.Equal(b.take(o, one), two) {
		t.Fatal("another image")
	}
	if spent := b.budget.Spent() - before; spent > 80<<10 {
		t.Errorf("%d bytes for 40 KiB that changed", spent)
	}
	if o, skipped, err := b.Check(t.Context(), Present{Version: "2"}); o != nil || err != nil || !slices.Equal(skipped, []Skipped{{"2", Older}, {"1", Older}}) {
		t.Errorf("%+v %v %v", o, skipped, err)
	}
	if b.Report(t.Context(), Report{}) != nil {
		t.Error("somebody listens")
	}
}

func TestDamagedRepository(t *testing.T) {
	for _, kind := range []string{"targets/stick", "files", "metadata"} {
		h := newHouse(t)
		h.issue(noise(100_000, 1), terms("1"))
		b := h.box(h.serve())
		list, err := filepath.Glob(filepath.Join(h.Public(), kind, "*"))
		h.must(err)
		for _, name := range list {
			data, err := os.ReadFile(name)
			h.must(err)
			for i := range data {
				data[i] ^= 1
			}
			h.must(os.WriteFile(name, data, 0o600))
		}
		o, _, err := b.Check(t.Context(), Present{})
		if err == nil {
			_, err = o.Open(t.Context(), nil, 0)
		}
		var e *firmware.Error
		if !errors.As(err, &e) || e.Reason != firmware.Untrusted {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestChoose(t *testing.T) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	b := Box{ID: "b", Board: "stick", Groups: []string{"lab"}}
	list := func(change func(*firmware.Release)) []trust.Entry {
		three := terms("3")
		change(&three)
		return []trust.Entry{{Release: three}, {Release: terms("2")}}
	}
	for name, c := range map[string]struct {
		change func(*firmware.Release)
		p      Present
		want   string
		why    Why
	}{
		"newest":          {func(*firmware.Release) {}, Present{Version: "1"}, "3", ""},
		"another board":   {func(r *firmware.Release) { r.Boards = []string{"box"} }, Present{Version: "1"}, "2", ""},
		"below the floor": {func(r *firmware.Release) { r.Counter = 0 }, Present{Version: "1", Floor: 1}, "2", BelowIt},
		"failed here":     {func(*firmware.Release) {}, Present{Version: "1", Failed: map[string]bool{"3": true}}, "2", Tried},
		"too soon":        {func(r *firmware.Release) { r.From = day.Add(time.Hour) }, Present{Version: "1"}, "2", TooSoon},
		"soaked":          {func(r *firmware.Release) { r.From = day }, Present{Version: "1"}, "3", ""},
		"nobody":          {func(r *firmware.Release) { r.Percent = 0 }, Present{Version: "1"}, "2", NotChose},
		"other group":     {func(r *firmware.Release) { r.Percent, r.Groups = 0, []string{"x"} }, Present{Version: "1"}, "2", NotChose},
		"group":           {func(r *firmware.Release) { r.Percent, r.Groups = 0, []string{"x", "lab"} }, Present{Version: "1"}, "3", ""},
		"has it":          {func(*firmware.Release) {}, Present{Version: "3"}, "", Older},
		"has a newer one": {func(*firmware.Release) {}, Present{Version: "4"}, "", Older},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok, skipped := choose(list(c.change), b, c.p, day)
			if e.Release.Version != c.want || ok != (c.want != "") {
				t.Errorf("%q", e.Release.Version)
			}
			if c.why != "" && (len(skipped) == 0 || skipped[0] != Skipped{"3", c.why}) {
				t.Errorf("%v", skipped)
			}
		})
	}
}

func TestShares(t *testing.T) {
	r := terms("7")
	counts := map[int]int{1: 0, 10: 0, 50: 0, 100: 0}
	const boxes = 10_000
	for i := range boxes {
		b := Box{ID: fmt.Sprint(i)}
		was := false
		for _, p := range []int{1, 10, 50, 100} {
			r.Percent = p
			is := chosen(r, b)
			if was && !is {
				t.Fatalf("box %d falls out of a larger share", i)
			}
			if was = is; is {
				counts[p]++
			}
		}
	}
	for p, n := range counts {
		if want := boxes * p / 100; n < want*8/10 || n > want*12/10 {
			t.Errorf("%d of %d boxes are %d percent", n, boxes, p)
		}
	}
	same := 0
	for i := range boxes {
		if share(fmt.Sprint(i), "7") < 10 && share(fmt.Sprint(i), "8") < 10 {
			same++
		}
	}
	if same > boxes*3/100 {
		t.Errorf("%d boxes of each first tenth are always the first", same)
	}
}

func TestLooksAreSpreadAndBounded(t *testing.T) {
	seen := map[time.Duration]bool{}
	for i := range 200 {
		b := Box{ID: fmt.Sprint(i)}
		seen[b.Next(0)] = true
		for failures := range 100 {
			if d := b.Next(failures); d < soonAgain*3/4 || d > Every {
				t.Fatalf("after %d failures: %v", failures, d)
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("200 boxes look at %d different times", len(seen))
	}
}
