package e2e

import (
	"context"
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	monkeyKeys = flag.Int("monkey", 1500, "keys of the monkey")
	monkeySeed = flag.Uint64("seed", 8, "of the monkey: the same keys again")
)

// TestMonkey presses keys at random, in whatever language it has come to: the
// focus is never lost, nothing is left unhandled, there is a way out of
// everywhere, and the page does not grow.
func TestMonkey(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	before := s.heap()
	m := monkey{s, rand.New(rand.NewPCG(*monkeySeed, 0))}
	for done := 0; done < *monkeyKeys && !t.Failed(); {
		done += m.round(50)
		if done%500 == 0 {
			m.out(done)
		}
	}
	m.out(*monkeyKeys)
	after := s.heap()
	t.Logf("%d keys of seed %d; memory of the page %.1f MB before, %.1f MB after, %s elements", *monkeyKeys, *monkeySeed, before, after, s.eval("document.querySelectorAll('*').length"))
	if after > before+12 {
		t.Errorf("the page grew from %.1f MB to %.1f MB", before, after)
	}
}

// monkey is somebody who presses at random.
type monkey struct {
	*screen
	r *rand.Rand
}

// key is what it presses: mostly arrows, as people do.
func (m monkey) key() string {
	switch n := m.r.IntN(100); {
	case n < 66:
		return []string{kb.ArrowUp, kb.ArrowDown, kb.ArrowLeft, kb.ArrowRight}[m.r.IntN(4)]
	case n < 84:
		return kb.Enter
	case n < 93:
		return kb.Escape
	case n < 94:
		return kb.Home
	case n < 97:
		return []string{kb.MediaPlayPause, kb.MediaFastForward, kb.MediaRewind, kb.MediaTrackNext, kb.AudioVolumeUp, kb.AudioVolumeDown}[m.r.IntN(6)]
	default:
		return string(rune('a' + m.r.IntN(26)))
	}
}

// round presses n keys, and looks whether all is well.
func (m monkey) round(n int) int {
	m.t.Helper()
	var pressed string
	for range n {
		k := m.key()
		pressed += strconv.QuoteToASCII(k)
		r, _ := utf8.DecodeRuneInString(k)
		m.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { return dispatch(ctx, t, r) }))
	}
	m.sound("after " + pressed)
	return n
}

// out leads home from wherever the page is, by Back alone and by Home.
func (m monkey) out(done int) {
	m.t.Helper()
	const home = `document.querySelector(".screen.on-home") !== null`
	where := m.eval(`document.querySelector(".screen").className + " " + document.activeElement.id`)
	for range 20 {
		m.press(kb.Escape)
		if m.eval(home) == "true" {
			m.press(kb.Home)
		}
		m.do(chromedp.Sleep(300 * time.Millisecond)) // a film that was asked for may come yet
		if m.eval(home) == "true" {
			return
		}
	}
	m.t.Errorf("after %d keys Back does not lead home from %s", done, where)
}

// heap is what the page's script holds, MB, after the collector ran.
func (s *screen) heap() (mb float64) {
	s.t.Helper()
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return err
		}
		use, err := cdp.Call(ctx, t, runtime.GetHeapUsage, cdp.Empty{})
		mb = use.UsedSize / 1e6
		return err
	}))
	return mb
}
