package phone

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usher/internal/phone/phonetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk is a Keeper that can break.
type disk struct {
	mu   sync.Mutex
	kept map[string]string
	bad  error
}

func newDisk() *disk { return &disk{kept: map[string]string{}} }

func (d *disk) Setting(key string) (string, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.kept[key]
	return v, ok, nil
}

func (d *disk) SetSetting(key, value string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bad == nil {
		d.kept[key] = value
	}
	return d.bad
}

func open(t *testing.T, d *disk) *Phones {
	t.Helper()
	p, err := Open(Options{Keeper: d, Allowed: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wire is one end of a connection without a network.
type wire struct {
	in, out chan []byte
	end     chan struct{}
	once    *sync.Once
}

func wires() (phone, box wire) {
	a, b, end := make(chan []byte, 8), make(chan []byte, 8), make(chan struct{})
	once := new(sync.Once)
	return wire{a, b, end, once}, wire{b, a, end, once}
}

func (w wire) close() { w.once.Do(func() { close(w.end) }) }

var errGone = errors.New("gone")

func (w wire) ReadMessage() (int, []byte, error) {
	select {
	case data := <-w.in:
		return textMessage, data, nil
	case <-w.end:
		select {
		case data := <-w.in: // what was sent before
			return textMessage, data, nil
		default:
			return 0, nil, errGone
		}
	}
}

func (w wire) WriteMessage(_ int, data []byte) error {
	select {
	case w.out <- data:
		return nil
	case <-w.end:
		return errGone
	}
}

const testHost = "192.168.1.20:8789"

// visit is one connection of a phone.
type visit struct {
	link    *Link
	err     error
	refused phonetest.Refused
	dropped chan struct{}
}

// connect runs both sides.
func connect(t *testing.T, p *Phones, h *phonetest.Phone, code string) visit {
	t.Helper()
	phone, box := wires()
	v := visit{dropped: make(chan struct{}, 8)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.link, v.err = p.Accept(box, testHost, func(bool) { v.dropped <- struct{}{} })
		if v.err != nil {
			box.close()
		}
	}()
	err := h.Run(phone, testHost, code)
	if why, ok := errors.AsType[*phonetest.Refused](err); ok {
		v.refused = *why
	} else if err != nil {
		t.Fatal(err)
	}
	<-done
	return v
}

// codeOf is the code that the television shows.
func codeOf(t *testing.T, p *Phones) string {
	t.Helper()
	v := p.View()
	if v.Window == nil {
		t.Fatal("no code is shown")
	}
	return v.Window.Code
}

// wrong is another code than the one that is shown.
func wrong(t *testing.T, p *Phones) string {
	t.Helper()
	c := []byte(codeOf(t, p))
	c[5] = '0' + (c[5]-'0'+1)%10
	return string(c)
}

func pair(t *testing.T, p *Phones) (*phonetest.Phone, visit) {
	t.Helper()
	if err := p.Pair(); err != nil {
		t.Fatal(err)
	}
	h := new(phonetest.Phone)
	v := connect(t, p, h, codeOf(t, p))
	if v.err != nil {
		t.Fatal(v.err)
	}
	return h, v
}

func TestAPhoneComesInByTheCode(t *testing.T) {
	p := open(t, newDisk())
	if p.Wanted() {
		t.Error("the box listens before anybody asked")
	}
	h, v := pair(t, p)
	if got := p.View(); got.Window != nil || got.Ended != EndedPaired || len(got.Phones) != 1 || !got.Phones[0].Here || !got.On {
		t.Errorf("view %+v", got)
	}
	text, err := v.link.Open(h.Seal([]byte("hello box")))
	if err != nil || string(text) != "hello box" {
		t.Errorf("%q, %v", text, err)
	}
	if text, err = h.Open(v.link.Seal([]byte("hello phone"))); err != nil || string(text) != "hello phone" {
		t.Errorf("%q, %v", text, err)
	}
	v.link.Leave()
	if got := p.View(); got.Phones[0].Here || !p.Wanted() {
		t.Errorf("after it left: %+v", got)
	}
}

func TestTheThirdWrongCodeIsTheLast(t *testing.T) {
	p := open(t, newDisk())
	if err := p.Pair(); err != nil {
		t.Fatal(err)
	}
	right := codeOf(t, p)
	for left := 2; left >= 0; left-- {
		v := connect(t, p, new(phonetest.Phone), wrong(t, p))
		want := phonetest.Refused{Why: string(refusedWrong), Left: left}
		if left == 0 {
			want = phonetest.Refused{Why: string(refusedClosed)}
		}
		if diff := cmp.Diff(want, v.refused); diff != "" || v.err == nil {
			t.Errorf("with %d left (-want +got):\n%s", left, diff)
		}
	}
	if v := connect(t, p, new(phonetest.Phone), right); v.refused.Why != string(refusedClosed) {
		t.Errorf("the right code afterwards: %+v", v.refused)
	}
	if got := p.View(); got.Ended != EndedTries || p.Wanted() || len(got.Phones) != 0 {
		t.Errorf("view %+v", got)
	}
}

// TestManyGuessesAtOnce: runs that were begun before the first was judged do not
// make more than three tries.
func TestManyGuessesAtOnce(t *testing.T) {
	p := open(t, newDisk())
	if err := p.Pair(); err != nil {
		t.Fatal(err)
	}
	guess := wrong(t, p)
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 12 {
		all.Go(func() {
			v := connect(t, p, new(phonetest.Phone), guess)
			mu.Lock()
			defer mu.Unlock()
			answers[v.refused.Why]++
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]int{string(refusedWrong): 2, string(refusedClosed): 10}, answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestACodeEndsAfterTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, newDisk())
		stop := running(t, p)
		defer stop()
		if err := p.Pair(); err != nil {
			t.Fatal(err)
		}
		code := codeOf(t, p)
		time.Sleep(windowTime - time.Second)
		synctest.Wait()
		if codeOf(t, p) != code {
			t.Error("another code")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := p.View(); got.Window != nil || got.Ended != EndedExpired || p.Wanted() {
			t.Errorf("view %+v", got)
		}
		if v := connect(t, p, new(phonetest.Phone), code); v.refused.Why != string(refusedClosed) {
			t.Errorf("refused with %+v", v.refused)
		}
	})
}

func running(t *testing.T, p *Phones) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func TestAKnownPhoneComesBackWithoutACode(t *testing.T) {
	d := newDisk()
	h, _ := pair(t, open(t, d))
	p := open(t, d) // the daemon started again
	if !p.Wanted() {
		t.Fatal("the box does not listen after a restart")
	}
	before := h.Session
	if v := connect(t, p, h, ""); v.err != nil || h.Session == before {
		t.Fatalf("%v; the same key as before: %v", v.err, h.Session == before)
	}
	stolen := &phonetest.Phone{ID: h.ID, Key: make([]byte, keySize)}
	if v := connect(t, p, stolen, ""); v.refused.Why != string(refusedUnknown) {
		t.Errorf("an id without its key: %+v", v.refused)
	}
	if v := connect(t, p, &phonetest.Phone{ID: "0000000000000000", Key: h.Key}, ""); v.refused.Why != string(refusedUnknown) {
		t.Errorf("a key with another id: %+v", v.refused)
	}
}

func TestARemovedPhoneIsOutAtOnce(t *testing.T) {
	d := newDisk()
	p := open(t, d)
	h, v := pair(t, p)
	other, w := pair(t, p)
	frame := h.Seal([]byte("ok"))
	if err := p.Revoke(h.ID); err != nil {
		t.Fatal(err)
	}
	if len(v.dropped) != 1 || len(w.dropped) != 0 {
		t.Errorf("dropped: %d of the phone's, %d of the other's", len(v.dropped), len(w.dropped))
	}
	if _, err := v.link.Open(frame); !errors.Is(err, errRevoked) {
		t.Errorf("a frame that was on its way: %v", err)
	}
	if _, err := w.link.Open(other.Seal([]byte("ok"))); err != nil {
		t.Errorf("the other phone: %v", err)
	}
	if strings.Contains(d.kept[settingKey], encode(h.Key)) {
		t.Error("its key is on the disk")
	}
	if v := connect(t, p, h, ""); v.refused.Why != string(refusedUnknown) {
		t.Errorf("it comes back: %+v", v.refused)
	}
	if err := p.Revoke(h.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("twice: %v", err)
	}
	if err := p.Revoke(""); err != nil || p.Wanted() || len(w.dropped) != 1 {
		t.Errorf("all: %v, wanted %v", err, p.Wanted())
	}
}

func TestSwitchingOffDropsAndKeeps(t *testing.T) {
	p := open(t, newDisk())
	h, v := pair(t, p)
	if err := p.Switch(false); err != nil {
		t.Fatal(err)
	}
	if len(v.dropped) != 1 || p.Wanted() {
		t.Error("the phone is still there")
	}
	if v := connect(t, p, h, ""); v.refused.Why != string(refusedClosed) {
		t.Errorf("it comes back while off: %+v", v.refused)
	}
	if err := p.Switch(true); err != nil {
		t.Fatal(err)
	}
	if v := connect(t, p, h, ""); v.err != nil || p.View().Window != nil {
		t.Errorf("it comes back: %v", v.err)
	}
}

func TestABoxMayForbidPhones(t *testing.T) {
	p, err := Open(Options{Keeper: newDisk()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Pair(), p.Switch(true)); !errors.Is(err, ErrForbidden) || p.Wanted() {
		t.Errorf("%v", err)
	}
}

func TestABrokenDiskLetsNobodyIn(t *testing.T) {
	d := newDisk()
	p := open(t, d)
	if err := p.Pair(); err != nil {
		t.Fatal(err)
	}
	code := codeOf(t, p)
	d.bad = errors.New("no space left")
	phone, box := wires()
	done := make(chan error, 1)
	go func() {
		_, err := p.Accept(box, testHost, func(bool) {})
		box.close()
		done <- err
	}()
	if err := new(phonetest.Phone).Run(phone, testHost, code); !errors.Is(err, errGone) {
		t.Errorf("the phone was told %v", err)
	}
	if err := <-done; !errors.Is(err, d.bad) || len(p.View().Phones) != 0 || p.View().Window != nil {
		t.Errorf("%v, view %+v", err, p.View())
	}
}

// TestFramesCannotBeTamperedWith: changed, repeated, left out, turned round.
func TestFramesCannotBeTamperedWith(t *testing.T) {
	for name, tamper := range map[string]func(a, b []byte, h *phonetest.Phone, l *Link) []byte{
		"changed":     func(a, _ []byte, _ *phonetest.Phone, _ *Link) []byte { a[0] ^= 1; return a },
		"left out":    func(_, b []byte, _ *phonetest.Phone, _ *Link) []byte { return b },
		"cut":         func(a, _ []byte, _ *phonetest.Phone, _ *Link) []byte { return a[:len(a)-1] },
		"empty":       func(_, _ []byte, _ *phonetest.Phone, _ *Link) []byte { return nil },
		"its own":     func(_, _ []byte, _ *phonetest.Phone, l *Link) []byte { return l.Seal([]byte("ok")) },
		"in the open": func(_, _ []byte, _ *phonetest.Phone, _ *Link) []byte { return []byte(`{"jsonrpc":"2.0"}`) },
		"repeated": func(a, _ []byte, _ *phonetest.Phone, l *Link) []byte {
			if _, err := l.Open(a); err != nil {
				return nil
			}
			return a
		},
	} {
		h, v := pair(t, open(t, newDisk()))
		a, b := h.Seal([]byte("left")), h.Seal([]byte("right"))
		if _, err := v.link.Open(tamper(a, b, h, v.link)); !errors.Is(err, errForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesOfPhones(t *testing.T) {
	p := open(t, newDisk())
	h, v := pair(t, p)
	for given, want := range map[string]string{
		"Pixel 7": "Pixel 7", "  Anna's \n\t phone\x00 ": "Anna's phone", "\u202egnirts": "gnirts", "\xff\xfe": "", strings.Repeat("长", 50): strings.Repeat("长", maxName),
	} {
		v.link.Named("x")
		v.link.Named(given)
		if want == "" {
			want = "x" // it keeps the one it had
		}
		if got := p.View().Phones[0].Name; got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
	if h.ID != v.link.ID() {
		t.Error("another id")
	}
}

func TestThereAreNotTooManyPhones(t *testing.T) {
	p := open(t, newDisk())
	p.pace = &bucket{rate: 1e6, burst: 1e6, tokens: 1e6}
	for range Most {
		pair(t, p)
	}
	if err := p.Pair(); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
}

func TestTooManyAtOneTime(t *testing.T) {
	p := open(t, newDisk())
	p.pace = &bucket{rate: 0.001, burst: 1, tokens: 1}
	h, _ := pair(t, p)
	if v := connect(t, p, h, ""); v.refused.Why != string(refusedBusy) {
		t.Errorf("%+v", v.refused)
	}
}

func TestWhatIsShown(t *testing.T) {
	p := open(t, newDisk())
	if err := p.Switch(true); err != nil {
		t.Fatal(err)
	}
	if v := p.View(); v.Window == nil || v.Window.URI != "" || v.Window.Left != 3 || len(v.Window.Code) != 6 {
		t.Errorf("before it listens: %+v", v.Window)
	}
	p.Listening([]string{testHost, "usher-x.local:8789"}, "")
	v := p.View()
	if v.Window.URI != "http://"+testHost+"/#"+v.Window.Code || v.Window.QR.Size < 21 {
		t.Errorf("%+v", v.Window)
	}
	p.Cancel()
	if v := p.View(); v.Window != nil || v.Ended != EndedCancelled || v.On {
		t.Errorf("%+v", v)
	}
}

// TestWhatWasKeptIsDamaged: no phone comes of it, and no error.
func TestWhatWasKeptIsDamaged(t *testing.T) {
	for _, text := range []string{"", "x", "[]", `{"on":true,"phones":[{"id":"a","key":"short"},{"id":"","key":""}]}`} {
		d := newDisk()
		d.kept[settingKey] = text
		if p := open(t, d); len(p.View().Phones) != 0 || p.Wanted() {
			t.Errorf("%q: %+v", text, p.View())
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add([]byte(`{"share":"BA"}`), []byte(`{"confirm":"AA"}`))
	f.Add([]byte(`{"phone":"0123456789abcdef","share":"`+strings.Repeat("A", 87)+`"}`), []byte(`x`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p := open(t, newDisk())
		if err := p.Pair(); err != nil {
			t.Fatal(err)
		}
		phone, box := wires()
		phone.out <- first
		phone.out <- second
		phone.close()
		l, err := p.Accept(box, testHost, func(bool) {})
		if l != nil || err == nil || len(p.View().Phones) != 0 {
			t.Fatalf("somebody came in with %q and %q", first, second)
		}
	})
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("x"))
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, frame []byte) {
		in, err := newPipe([16]byte{1}, infoToBox)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := in.open(frame); err == nil {
			t.Fatalf("a forged frame was opened: %q", text)
		}
	})
}
