//go:build linux

package panel

import (
	"context"
	"errors"
	"log/slog"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"usher/device"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listener is a display chip on the other end of the wires: it takes down what
// it is sent, bit by bit, as the data sheets say it would be seen.
type listener struct {
	mu       sync.Mutex
	clk, dio gpio.Level
	stb      gpio.Level
	three    bool // wires
	msb      bool
	deaf     bool // does not acknowledge

	open   bool // between start and stop
	count  int
	byte   byte
	frames [][]byte
}

// wire is one pin of a listener.
type wire struct {
	gpiotest.Pin
	l     *listener
	which string
}

func (w *wire) Out(level gpio.Level) error {
	if w.which == "broken" {
		return errors.New("pin is broken")
	}
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.move(w.which, level)
	return nil
}

func (w *wire) In(gpio.Pull, gpio.Edge) error { return nil }

// Read is the data wire while the chip holds it.
func (w *wire) Read() gpio.Level {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	return gpio.Level(w.l.deaf || w.l.count != 9)
}

func (l *listener) move(which string, level gpio.Level) {
	clk, dio, stb := l.clk, l.dio, l.stb
	switch which {
	case "clk":
		l.clk = level
	case "dio":
		l.dio = level
	case "stb":
		l.stb = level
	}
	started := !l.three && clk == gpio.High && dio == gpio.High && l.dio == gpio.Low || l.three && stb == gpio.High && l.stb == gpio.Low
	stopped := !l.three && clk == gpio.High && dio == gpio.Low && l.dio == gpio.High || l.three && stb == gpio.Low && l.stb == gpio.High
	switch {
	case started && which != "clk":
		l.open, l.count, l.byte = true, 0, 0
		l.frames = append(l.frames, nil)
	case stopped && which != "clk":
		l.open = false
	case l.open && which == "clk" && clk == gpio.Low && level == gpio.High:
		l.bit()
	}
}

// bit takes one in at a rising edge of the clock.
func (l *listener) bit() {
	if l.count == 9 || l.three && l.count == 8 {
		l.count, l.byte = 0, 0
	}
	l.count++
	if l.count > 8 {
		return // the acknowledgement
	}
	if l.dio {
		l.byte |= 1 << (l.count - 1)
	}
	if l.count == 8 {
		b := l.byte
		if l.msb {
			b = bits.Reverse8(b)
		}
		last := len(l.frames) - 1
		l.frames[last] = append(l.frames[last], b)
	}
}

// bench is a system of listeners and of a made-up /sys.
func bench(t *testing.T) (system, *listener) {
	t.Helper()
	l := &listener{clk: gpio.High, dio: gpio.High, stb: gpio.High}
	return system{sys: t.TempDir(), wait: func() {}, pin: func(name string) (gpio.PinIO, error) {
		if name == "missing" {
			return nil, errors.New(`there is no GPIO pin "missing"`)
		}
		return &wire{l: l, which: name, Pin: gpiotest.Pin{N: name}}, nil
	}}, l
}

func TestChips(t *testing.T) {
	for _, tc := range []struct {
		kind  string
		pins  []string
		msb   bool
		three bool
		want  [][]byte
	}{
		{"tm1637", []string{"clk", "dio"}, false, false, [][]byte{{0x40}, {0xc0, 0x3f, 0x06, 0, 0, 0, 0}, {0x8b}}},
		{"tm1650", []string{"clk", "dio"}, true, false, [][]byte{{0x48, 0x31}, {0x68, 0x3f}, {0x6a, 0x06}, {0x6c, 0}, {0x6e, 0}}},
		{"tm1628", []string{"clk", "dio", "stb"}, false, true, [][]byte{{0x03}, {0x40}, {0xc0, 0x3f, 0, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {0x8b}}},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			s, l := bench(t)
			l.msb, l.three = tc.msb, tc.three
			_, d, err := s.open(Spec{Kind: tc.kind, Pins: tc.pins})
			if err != nil {
				t.Fatal(err)
			}
			l.frames = nil
			if err := d.show(segments("01"), 3); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, l.frames); diff != "" {
				t.Errorf("on the wire, -want +got:\n%s", diff)
			}
			l.frames = nil
			if err := d.show([digits]byte{}, 0); err != nil {
				t.Fatal(err)
			}
			if last := l.frames[len(l.frames)-1]; tc.kind != "tm1650" && last[0] != 0x80 {
				t.Errorf("not switched off: %x", last)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	s, l := bench(t)
	l.deaf = true
	if _, _, err := s.open(Spec{Kind: "tm1637", Pins: []string{"clk", "dio"}}); !errors.Is(err, errNoChip) {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	s, _ := bench(t)
	for _, spec := range []Spec{
		{Kind: "lamp"},
		{Kind: "tm1637", Pins: []string{"clk"}},
		{Kind: "tm1628", Pins: []string{"clk", "dio"}},
		{Kind: "tm1637", Pins: []string{"clk", "missing"}},
		{Kind: "tm1637", Pins: []string{"broken", "dio"}},
		{Kind: "led", Name: "none"},
		{Kind: "led", Name: "../../etc"},
		{Kind: "led"},
		{Kind: "gpio-led"},
		{Kind: "openvfd", Name: "play"},
		{Kind: "openvfd"},
	} {
		if _, _, err := s.open(spec); err == nil {
			t.Errorf("%+v is opened", spec)
		}
	}
}

// lamp makes an LED of the kernel.
func lamp(t *testing.T, s system, name, most string) (brightness func() string) {
	t.Helper()
	dir := filepath.Join(s.sys, "class/leds", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"max_brightness": most + "\n", "brightness": "0", "trigger": "[timer] none"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func() string {
		b, err := os.ReadFile(filepath.Join(dir, "brightness"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimRight(string(b), "\x00")
	}
}

func TestPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := bench(t)
		power := lamp(t, s, "power", "255")
		zone := time.FixedZone("here", 3600)
		p := Open([]Spec{{Kind: "led", Name: "power"}, {Kind: "tm1637", Pins: []string{"clk", "dio"}}, {Kind: "led", Name: "none"}},
			Options{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().In(zone) }, system: &s})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		synctest.Wait()
		p.Show(device.Face{Light: device.Lit, Clock: true, Level: 3})
		synctest.Wait()
		if power() != "255" {
			t.Errorf("on is a brightness of %s", power())
		}
		// synctest begins on 2000-01-01 00:00 UTC, which is 01:00 here.
		if got := lastDigits(l); got != clockFace(time.Date(2000, 1, 1, 1, 0, 0, 0, zone)) {
			t.Errorf("clock %x", got)
		}
		before := l.sent()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := l.sent() - before; n != 30 { // three frames a second: the colon blinks
			t.Errorf("%d frames in ten seconds", n)
		}
		p.Show(device.Face{Light: device.Resting, Text: "PAIr", Level: 1})
		synctest.Wait()
		if power() != "26" || lastDigits(l) != segments("PAIr") {
			t.Errorf("standby is a brightness of %s and %x", power(), lastDigits(l))
		}
		before = l.sent()
		time.Sleep(time.Hour)
		synctest.Wait()
		if l.sent() != before {
			t.Error("a face that stands still is written again")
		}
		p.Show(device.Face{Light: device.Updating})
		synctest.Wait()
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if power() != "0" {
			t.Errorf("in the dark second of an update: %s", power())
		}
		p.Show(device.Face{Light: device.Lit})
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if power() != "0" || lastDigits(l) != ([digits]byte{}) {
			t.Errorf("not dark at the end: %s, %x", power(), lastDigits(l))
		}
		if parts := p.Parts(); parts[0].Problem != "" || parts[2].Problem == "" || parts[2].Hint == "" {
			t.Errorf("%+v", parts)
		}
	})
}

// sent is how many frames there were.
func (l *listener) sent() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.frames)
}

// lastDigits is what the display shows.
func lastDigits(l *listener) (s [digits]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.frames {
		if len(f) > 0 && f[0] == 0xc0 {
			copy(s[:], f[1:])
		}
	}
	return s
}

func TestPartThatFailsLater(t *testing.T) {
	s, _ := bench(t)
	lamp(t, s, "power", "1")
	lamp(t, s, "other", "1")
	p := Open([]Spec{{Kind: "led", Name: "power"}, {Kind: "led", Name: "other"}}, Options{Logger: slog.New(slog.DiscardHandler), system: &s})
	if err := os.RemoveAll(filepath.Join(s.sys, "class/leds/power")); err != nil {
		t.Fatal(err)
	}
	p.draw(device.Face{Light: device.Lit}, 0)
	if parts := p.Parts(); parts[0].Problem == "" || parts[1].Problem != "" {
		t.Errorf("%+v", parts)
	}
	p.draw(device.Face{Light: device.Dark}, 0) // and goes on with the other
}

func TestOpenVFD(t *testing.T) {
	s, _ := bench(t)
	dir := filepath.Join(s.sys, "class/leds/openvfd")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"led_on", "led_off"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, _, err := s.open(Spec{Kind: "openvfd", Name: "play"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.set(1); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "led_on")); string(b) != "play" {
		t.Errorf("led_on was told %q", b)
	}
}

func TestPatterns(t *testing.T) {
	for _, l := range append(device.Lights(), "") {
		for _, dims := range []bool{false, true} {
			p := pattern(l, dims)
			lit := 0
			for ms := range 5000 {
				level, stays := at(p, time.Duration(ms)*time.Millisecond)
				if level > 0 {
					lit++
				}
				if stays == 0 && len(p) > 1 || stays < 0 || level < 0 || level > 1 {
					t.Fatalf("%s at %d ms: %v for %v", l, ms, level, stays)
				}
			}
			if (lit == 0) != (l == device.Dark || l == "") {
				t.Errorf("%s is lit for %d of 5000 ms", l, lit)
			}
		}
	}
}

func TestGlyphs(t *testing.T) {
	seen := map[byte]rune{}
	for _, r := range "0123456789AbCdEFGHJLnoPqrtUY-_=?" {
		g := glyph(r)
		if g == 0 || g&colon != 0 || seen[g] != 0 && !strings.ContainsRune("Ss5", r) {
			t.Errorf("%c is %x, as is %c", r, g, seen[g])
		}
		seen[g] = r
	}
	if segments("Grüß Gott") != segments("Gr   Gott") {
		t.Error("letters that cannot be drawn are not blank")
	}
}
