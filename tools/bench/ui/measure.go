package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// files are sizes in bytes, compressed as a browser would be sent them.
type files struct{ script, style, first, all int }

// measureFiles weighs the page: first is what the first screen needs (script,
// style, page), all is that with every language, and with what is fetched later.
func measureFiles(dist string) (files, error) {
	var f files
	names, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil || len(names) == 0 {
		return f, errors.Join(fmt.Errorf("no page in %s", dist), err)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			continue // the page for phones
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return f, err
		}
		n := zipped(data)
		switch filepath.Base(name) {
		case "app.js":
			f.script, f.first, f.all = n, f.first+n, f.all+n
		case "app.css", "theme.css":
			f.style, f.first, f.all = f.style+n, f.first+n, f.all+n
		case "index.html":
			f.first, f.all = f.first+n, f.all+n
		case "demo.js", "demo.css": // of no box
		default: // parts and languages, fetched later
			if slices.Contains([]string{".js", ".css", ".json"}, filepath.Ext(name)) {
				f.all += n
			}
		}
	}
	return f, nil
}

func zipped(b []byte) int {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // a Buffer takes everything
	_ = w.Close()
	return out.Len()
}

// speed is what was found with a processor slowed down.
type speed struct {
	slow            float64
	bare            []float64 // ms from the beginning of navigation until the shape of the screen was painted
	paint, content  []float64 // ms from the beginning of navigation, one for each load
	waited          []float64 // ms from the key until the page heard of it: it was at something else
	focus, painted  []float64 // ms from the key, one for each key
	frames, dropped int       // while a key repeats 30 times a second
}

// browser opens a Chromium with one page at 1080p.
func browser(ctx context.Context) (context.Context, context.CancelFunc) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en"), chromedp.WindowSize(1920, 1080))
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, opts...)
	page, stop := chromedp.NewContext(alloc)
	return page, func() { stop(); stopAlloc() }
}

func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func measureSpeed(ctx context.Context, page string, slow float64, loads int) (speed, error) {
	s := speed{slow: slow}
	for range loads {
		if err := s.load(ctx, page); err != nil {
			return s, err
		}
	}
	return s, nil
}

// load opens the page in a new browser, so that nothing is in its cache, and
// presses keys on it.
func (s *speed) load(ctx context.Context, page string) error {
	ctx, stop := browser(ctx)
	defer stop()
	err := chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080), atFirst(watchBare),
		call(emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: s.slow}),
		chromedp.Navigate(page))
	if err != nil {
		return err
	}
	const there = `performance.getEntriesByName("first-contentful-paint").length > 0 && document.querySelectorAll(".on-home .tile").length > 3`
	if err := wait(ctx, there); err != nil {
		return err
	}
	content, err := number(ctx, `performance.now()`) // within one look of 5 ms
	if err != nil {
		return err
	}
	paint, err := number(ctx, `performance.getEntriesByName("first-contentful-paint")[0].startTime`)
	if err != nil {
		return err
	}
	bare, err := number(ctx, `window.bareAt ?? 0`)
	if err != nil {
		return err
	}
	s.bare, s.paint, s.content = append(s.bare, bare), append(s.paint, paint), append(s.content, content)
	return s.keys(ctx)
}

// watchBare notes when the first screen, or what stands in for it, was painted.
const watchBare = `(() => {
	const seen = new MutationObserver(() => {
		if (!document.querySelector(".on-home .tile")) return;
		seen.disconnect();
		requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => { window.bareAt = performance.now(); }; c.port2.postMessage(0); });
	});
	seen.observe(document, { subtree: true, childList: true });
})()`

// atFirst has a script run before those of the page.
func atFirst(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})
}

// watchKeys notes for each key when the focus had moved and when that was
// painted, and counts frames.
const watchKeys = `(() => {
	const m = window.measured = { waited: [], focus: [], painted: [], frames: 0, dropped: 0 };
	let at = 0, heard = 0, last = 0;
	addEventListener("keydown", (e) => { at = e.timeStamp; heard = performance.now(); }, true);
	addEventListener("focusin", () => {
		if (!at) return;
		const from = at;
		m.waited.push(heard - from);
		at = 0;
		m.focus.push(performance.now() - from);
		requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => m.painted.push(performance.now() - from); c.port2.postMessage(0); });
	}, true);
	const frame = (now) => { if (last) { m.frames++; if (now - last > 34) m.dropped++; } last = now; requestAnimationFrame(frame); };
	window.beginFrames = () => { last = 0; m.frames = m.dropped = 0; requestAnimationFrame(frame); };
})()`

func (s *speed) keys(ctx context.Context) error {
	time.Sleep(time.Second) // pictures have come
	if err := chromedp.Do(ctx, evaluate(watchKeys)); err != nil {
		return err
	}
	for i := range 40 {
		key := kb.ArrowRight
		switch {
		case i%8 == 6:
			key = kb.ArrowDown
		case i >= 24:
			key = kb.ArrowLeft
		}
		if err := press(ctx, key, 0); err != nil {
			return err
		}
		time.Sleep(150 * time.Millisecond)
	}
	if err := chromedp.Do(ctx, evaluate(`beginFrames()`)); err != nil {
		return err
	}
	for i := range 60 { // held for two seconds
		if err := press(ctx, kb.ArrowDown, i); err != nil {
			return err
		}
		time.Sleep(33 * time.Millisecond)
	}
	m, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Waited          []float64
		Focus, Painted  []float64
		Frames, Dropped int
	}](`window.measured`))
	s.waited = append(s.waited, m.Waited...)
	s.focus, s.painted = append(s.focus, m.Focus...), append(s.painted, m.Painted...)
	s.frames, s.dropped = s.frames+m.Frames, s.dropped+m.Dropped
	return err
}

// memory is what the page's script holds, MB, and how many elements there are.
type memory struct {
	keys             int
	before, after    float64
	elements, faults int
}

// measureMemory presses keys at random, as fast as the page takes them.
func measureMemory(ctx context.Context, page string, keys int) (memory, error) {
	m := memory{keys: keys}
	ctx, stop := browser(ctx)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080), chromedp.Navigate(page)); err != nil {
		return m, err
	}
	if err := wait(ctx, `document.querySelectorAll(".on-home .tile").length > 3`); err != nil {
		return m, err
	}
	if err := chromedp.Do(ctx, evaluate(`window.faults = 0, addEventListener("error", () => faults++), addEventListener("unhandledrejection", () => faults++)`)); err != nil {
		return m, err
	}
	var err error
	if m.before, err = heap(ctx); err != nil {
		return m, err
	}
	r := rand.New(rand.NewPCG(8, 8))
	arrows := []string{kb.ArrowUp, kb.ArrowDown, kb.ArrowLeft, kb.ArrowRight}
	for range keys {
		key := arrows[r.IntN(4)]
		switch n := r.IntN(20); n {
		case 0:
			key = kb.Enter
		case 1, 2:
			key = kb.Escape
		}
		if err := press(ctx, key, 0); err != nil {
			return m, err
		}
	}
	if err := press(ctx, kb.Home, 0); err != nil {
		return m, err
	}
	time.Sleep(2 * time.Second)
	if m.after, err = heap(ctx); err != nil {
		return m, err
	}
	elements, err := number(ctx, `document.querySelectorAll("*").length`)
	if err != nil {
		return m, err
	}
	faults, err := number(ctx, `window.faults`)
	m.elements, m.faults = int(elements), int(faults)
	return m, err
}

// heap is what is left after the collector ran.
func heap(ctx context.Context) (mb float64, err error) {
	err = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return err
		}
		use, err := cdp.Call(ctx, t, runtime.GetHeapUsage, cdp.Empty{})
		mb = use.UsedSize / 1e6
		return err
	}))
	return mb, err
}

// press sends a key; repeat is how often it was repeated before.
func press(ctx context.Context, key string, repeat int) error {
	r, _ := utf8.DecodeRuneInString(key)
	return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, p := range kb.Encode(r) {
			if p.Type == input.DispatchKeyEventTypeChar {
				continue
			}
			if p.Type != input.DispatchKeyEventTypeKeyUp {
				p.Type, p.AutoRepeat = input.DispatchKeyEventTypeKeyDown, new(repeat > 0)
			} else if repeat > 0 {
				continue
			}
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *p); err != nil {
				return err
			}
		}
		return nil
	}))
}

func evaluate(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String((() => {"+expression+"})())"))
		return err
	})
}

func number(ctx context.Context, expression string) (float64, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[float64](expression))
}

func wait(ctx context.Context, expression string) error {
	for range 6000 {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err != nil || ok {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("not within 30 s: %s", expression)
}
