package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/firmware"
	"usher/firmware/firmwaretest"
	"usher/firmware/image"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a Clock of the tests.
type clock struct {
	at    time.Time
	known bool
	heard []time.Time
}

func (c *clock) Now() (time.Time, bool) { return c.at, c.known }
func (c *clock) Heard(t time.Time)      { c.heard = append(c.heard, t) }

// rig is a server with faults and its client.
type rig struct {
	*firmwaretest.Origin
	*Server
	gate   Gate
	budget *Budget
	file   []byte
	f      image.File
}

func newRig(t testing.TB, limit int64) *rig {
	t.Helper()
	r := &rig{file: make([]byte, 300_000), budget: NewBudget(limit, 0)}
	_, _ = rand.NewChaCha8([32]byte{7}).Read(r.file)
	r.f = image.File{Sum: sha256.Sum256(r.file), Length: int64(len(r.file))}
	r.Origin = &firmwaretest.Origin{Files: map[string][]byte{
		"/tv/" + path(r.f): r.file, "/tv/metadata/timestamp.json": []byte(`{"signed":1}`),
		"/tv/targets/stick/" + r.f.Sum.String() + ".2.json": r.file,
	}}
	web := httptest.NewServer(r.Origin)
	s, err := New(Options{
		Base: web.URL + "/tv", Clock: &clock{known: true}, Gate: &r.gate, Budget: r.budget, Pause: time.Millisecond,
		Transport: &http.Transport{DisableCompression: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Server = s
	t.Cleanup(func() { s.Close(); web.CloseClientConnections(); web.Close() })
	return r
}

// hasty is for faults that are silence: elsewhere a loaded machine may be silent.
func (r *rig) hasty(is bool) {
	if is {
		r.o.Stall = 500 * time.Millisecond
	}
}

// read reads a stretch in parts of 50,000 bytes.
func (r *rig) read(ctx context.Context, from, to int) error {
	d := r.Data(r.f)
	defer d.Close()
	for at := from; at < to; at += 50_000 {
		b := make([]byte, min(50_000, to-at))
		if err := d.Read(ctx, int64(at), b, int64(to)); err != nil {
			return err
		}
		if !bytes.Equal(b, r.file[at:at+len(b)]) {
			return errors.New("other bytes")
		}
	}
	return nil
}

func TestStretchIsOneRequest(t *testing.T) {
	r := newRig(t, 0)
	if err := r.read(t.Context(), 1000, 290_000); err != nil {
		t.Fatal(err)
	}
	if got := r.Requests(); len(got) != 1 || !strings.HasSuffix(got[0], "bytes=1000-289999") {
		t.Errorf("%v", got)
	}
	if r.budget.Spent() != 289_000 || r.Sent() != 289_000 {
		t.Errorf("%d spent, %d sent", r.budget.Spent(), r.Sent())
	}
	if err := r.Data(r.f).Read(t.Context(), 299_999, make([]byte, 2), 0); err == nil {
		t.Error("beyond the end")
	}
}

func TestWholeFiles(t *testing.T) {
	r := newRig(t, 0)
	got, err := r.Metadata(t.Context(), "timestamp.json", 100)
	if err != nil || string(got) != `{"signed":1}` {
		t.Errorf("%s %v", got, err)
	}
	if _, err := r.Metadata(t.Context(), "2.root.json", 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := r.Metadata(t.Context(), "timestamp.json", 5); ClassOf(err) != TooLong {
		t.Errorf("%v", err)
	}
	for _, get := range []func() ([]byte, error){
		func() ([]byte, error) { return r.File(t.Context(), r.f) },
		func() ([]byte, error) { return r.Description(t.Context(), "stick/2.json", r.f) },
	} {
		if got, err := get(); err != nil || !bytes.Equal(got, r.file) {
			t.Error(err)
		}
	}
	r.Break(func(int, *http.Request) firmwaretest.Fault { return firmwaretest.Fault{Flip: 77} })
	if _, err := r.File(t.Context(), r.f); !is(err, firmware.Untrusted) {
		t.Errorf("%v", err)
	}
	if _, err := r.File(t.Context(), image.File{Length: 1 << 40}); !is(err, firmware.Untrusted) {
		t.Errorf("%v", err)
	}
}

func is(err error, why firmware.Reason) bool {
	var e *firmware.Error
	return errors.As(err, &e) && e.Reason == why
}

// Faults that pass: the stretch arrives, and nearly nothing comes twice.
func TestFaultsThatPass(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(n int) firmwaretest.Fault
		extra float64 // of what is sent, more than was asked for
	}{
		"a hundred cuts":       {func(n int) firmwaretest.Fault { return cutWhile(n < 100, 2500) }, 0.01},
		"cut at once":          {func(n int) firmwaretest.Fault { return cutWhile(n%6 != 5, 1) }, 0.01},
		"stalls":               {func(n int) firmwaretest.Fault { return firmwaretest.Fault{Stall: stall(n < 3)} }, 0.01},
		"busy":                 {func(n int) firmwaretest.Fault { return firmwaretest.Fault{Status: status(n < 4, 503)} }, 0.01},
		"too many":             {func(n int) firmwaretest.Fault { return firmwaretest.Fault{Status: status(n < 2, 429)} }, 0.01},
		"a portal that passes": {func(n int) firmwaretest.Fault { return firmwaretest.Fault{Portal: n < 3} }, 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0)
			r.hasty(name == "stalls")
			r.Break(func(n int, _ *http.Request) firmwaretest.Fault { return c.fault(n) })
			if err := r.read(t.Context(), 0, len(r.file)); err != nil {
				t.Fatal(err)
			}
			if most := float64(len(r.file)) * (1 + c.extra); float64(r.budget.Spent()) > most {
				t.Errorf("%d bytes for %d", r.budget.Spent(), len(r.file))
			}
		})
	}
}

func cutWhile(yes bool, after int) firmwaretest.Fault {
	if yes {
		return firmwaretest.Fault{Cut: after}
	}
	return firmwaretest.Fault{}
}

func stall(yes bool) int {
	if yes {
		return 20_000
	}
	return 0
}

func status(yes bool, s int) int {
	if yes {
		return s
	}
	return 0
}

// Faults that stay: a classified error, after a bounded number of requests.
func TestFaultsThatStay(t *testing.T) {
	for name, c := range map[string]struct {
		fault firmwaretest.Fault
		want  Class
		most  int // requests
	}{
		"404":               {firmwaretest.Fault{Status: 404}, Missing, 1},
		"410":               {firmwaretest.Fault{Status: 410}, Missing, 1},
		"403":               {firmwaretest.Fault{Status: 403}, Refused, 1},
		"416":               {firmwaretest.Fault{Status: 416}, Changed, 1},
		"503":               {firmwaretest.Fault{Status: 503}, Busy, attempts},
		"511":               {firmwaretest.Fault{Status: 511}, Busy, attempts},
		"another range":     {firmwaretest.Fault{Shift: 100}, Changed, 1},
		"no ranges":         {firmwaretest.Fault{Whole: true}, NoRanges, 1},
		"captive portal":    {firmwaretest.Fault{Portal: true}, Portal, attempts},
		"one byte at most":  {firmwaretest.Fault{Cut: 1}, Cut, attempts},
		"never anything":    {firmwaretest.Fault{Stall: 1}, Cut, attempts},
		"shorter than said": {firmwaretest.Fault{Short: 10}, Changed, 1},
		"to another page":   {firmwaretest.Fault{Redirect: "/login"}, Missing, 2},
		"round and round":   {firmwaretest.Fault{Redirect: "/tv/again"}, Offline, attempts * (redirects + 1)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0)
			r.hasty(c.fault.Stall > 0)
			r.Break(func(_ int, q *http.Request) firmwaretest.Fault {
				if q.URL.Path == "/login" {
					return firmwaretest.Fault{}
				}
				return c.fault
			})
			err := r.read(t.Context(), 0, 100_000)
			if ClassOf(err) != c.want || !is(err, firmware.Unreachable) {
				t.Errorf("%v", err)
			}
			if n := len(r.Requests()); n > c.most {
				t.Errorf("%d requests", n)
			}
			r.Break(nil)
			if err := r.read(t.Context(), 0, 100_000); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestAnotherFileUnderTheName(t *testing.T) {
	r := newRig(t, 0)
	r.Break(func(n int, _ *http.Request) firmwaretest.Fault {
		return firmwaretest.Fault{Cut: 60_000, Tag: fmt.Sprint(n)}
	})
	if err := r.read(t.Context(), 0, 100_000); ClassOf(err) != Changed {
		t.Errorf("%v", err)
	}
}

func TestSlowIsNoFault(t *testing.T) {
	r := newRig(t, 0)
	r.Break(func(int, *http.Request) firmwaretest.Fault { return firmwaretest.Fault{Rate: 1000} })
	if err := r.read(t.Context(), 0, 1200); err != nil {
		t.Error(err)
	}
	if len(r.Requests()) != 1 {
		t.Errorf("%v", r.Requests())
	}
}

func TestBudget(t *testing.T) {
	r := newRig(t, 120_000)
	err := r.read(t.Context(), 0, 300_000)
	if !is(err, firmware.OverBudget) {
		t.Fatalf("%v", err)
	}
	if s := r.budget.Spent(); s > 120_000 {
		t.Errorf("%d bytes came in", s)
	}
	if _, err := NewBudget(100, 100).allows(1); !is(err, firmware.OverBudget) {
		t.Errorf("%v", err)
	}
	if b := NewBudget(100, 100); !is(b.spend(1), firmware.OverBudget) || NewBudget(0, 5).spend(1<<40) != nil {
		t.Error("the limit")
	}
}

// A shut gate stops the flow soon, and on a slow link as well.
func TestGateStops(t *testing.T) {
	r := newRig(t, 0)
	r.Break(func(int, *http.Request) firmwaretest.Fault { return firmwaretest.Fault{Rate: 200_000} })
	done := make(chan error, 1)
	go func() { done <- r.read(t.Context(), 0, 300_000) }()
	waitFor(t, func() bool { return r.budget.Spent() > 20_000 })
	r.gate.Shut()
	waitFor(t, func() bool { // nothing comes through it, and nothing is on the link
		before, sent := r.budget.Spent(), r.Sent()
		time.Sleep(500 * time.Millisecond)
		return r.budget.Spent() == before && r.Sent() == sent
	})
	if spent := r.budget.Spent(); spent > 250_000 {
		t.Errorf("%d of 300000 bytes came through a shut gate", spent)
	}
	r.Break(nil)
	r.gate.Open(0)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if spent := r.budget.Spent(); spent > 300_000+piece {
		t.Errorf("%d bytes for 300000", spent)
	}
}

func TestGateThrottles(t *testing.T) {
	r := newRig(t, 0)
	r.gate.Open(200_000)
	start := time.Now()
	if err := r.read(t.Context(), 0, 100_000); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d < 300*time.Millisecond {
		t.Errorf("100 kB at 200 kB/s took %v", d)
	}
}

func TestContextEndsEverything(t *testing.T) {
	for name, prepare := range map[string]func(r *rig){
		"at the gate":  func(r *rig) { r.gate.Shut() },
		"in the body":  func(r *rig) { r.Break(each(firmwaretest.Fault{Stall: 10})) },
		"in the head":  func(r *rig) { r.Break(each(firmwaretest.Fault{Wait: time.Second})) },
		"in the pause": func(r *rig) { r.Break(each(firmwaretest.Fault{Status: 503, After: 50})) },
		"at the rate":  func(r *rig) { r.gate.Open(10) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0)
			r.o.Stall = time.Minute
			prepare(r)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := r.read(ctx, 0, 100_000); !errors.Is(err, context.DeadlineExceeded) || is(err, firmware.Unreachable) {
				t.Errorf("%v", err)
			}
		})
	}
}

func each(f firmwaretest.Fault) func(int, *http.Request) firmwaretest.Fault {
	return func(int, *http.Request) firmwaretest.Fault { return f }
}

func waitFor(t *testing.T, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never happened")
		}
	}
}

func TestNobodyThere(t *testing.T) {
	r := newRig(t, 0)
	s, err := New(Options{Base: "http://127.0.0.1:1/", Clock: &clock{}, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Metadata(t.Context(), "timestamp.json", 100); ClassOf(err) != Offline || !is(err, firmware.Unreachable) {
		t.Errorf("%v", err)
	}
	if strings.Contains(fmt.Sprint(r.read(t.Context(), 0, 0)), "127.0.0.1") {
		t.Error("an address in an error")
	}
}

func TestAddresses(t *testing.T) {
	for base, good := range map[string]bool{
		"https://updates.example/tv/": true, "https://updates.example": true, "http://127.0.0.1:80/": true, "http://localhost/x": true, "http://[::1]/": true,
		"http://updates.example/": false, "updates.example": false, "": false, "ftp://x/": false, "https://x/?a=b": false, "https://x/%zz": false, "http://127.0.0.1.example/": false,
	} {
		if _, err := New(Options{Base: base, Clock: &clock{}}); (err == nil) != good {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, v := range []string{"bytes 0-99/1234", "bytes 5-4/9", "bytes */7", "bytes 0-0/9223372036854775807"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		s, total, err := contentRange(v)
		if err == nil && (s.from < 0 || s.to <= s.from || s.to > total) {
			t.Errorf("%q: %v %d", v, s, total)
		}
	})
}
