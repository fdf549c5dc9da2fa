package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"usher/internal/box"
	"usher/internal/ui/uitest"
)

// gate is a catalogue whose look-ups wait until they are let through.
func gate() (uitest.Catalogue, chan struct{}) {
	let := make(chan struct{})
	return uitest.Catalogue{Wait: func(ctx context.Context) error {
		select {
		case <-let:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}, let
}

func TestCommandsOvertakeLookups(t *testing.T) {
	c, let := gate()
	b := newBench(t, func(o *Options, _ *limits) { o.Catalogue = c })
	p := b.join(t)
	call := func(id int, method, params string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params)
	}
	p.say(call(1, "catalog.search", `{"query":"winter"}`))
	p.say(call(2, "player.play", `{"titleId":"demo:tide"}`))
	p.say("[" + call(3, "system.get", `{}`) + "," + call(4, "player.pause", `{}`) + "]")
	p.say(call(5, "player.seek", `{"toMs":1000}`))
	for len(b.box.Events()) < 1 {
		runtime.Gosched()
	}
	// Call 4 is in a batch with a look-up, so it waits, and so does 5 behind it.
	if events := b.box.Events(); len(events) != 1 {
		t.Errorf("before the search ends the box was told %v", events)
	}
	close(let)
	for _, want := range []string{`"id":1`, `"id":2`, `[{"jsonrpc":"2.0","id":3`, `"id":5`} {
		if got := p.hear(); !strings.Contains(got[:min(len(got), 40)], want) {
			t.Errorf("got %.80s, want %s", got, want)
		}
	}
	want := []box.Event{box.PlayRequested{TitleID: "demo:tide", By: box.ByPage}, box.PauseRequested{}, box.SeekRequested{To: time.Second}}
	if got := b.box.Events(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the box was told %v, want %v", got, want)
	}
}

func TestLookupTimesOut(t *testing.T) {
	c, _ := gate()
	b := newBench(t, func(o *Options, _ *limits) { o.Catalogue = c })
	m := b.calls.methods["catalog.title"]
	m.timeout = 20 * time.Millisecond
	b.calls.methods["catalog.title"] = m
	if a := b.join(t).ask("catalog.title", `{"id":"demo:tide"}`); code(a) != codeTimeout || !a.Error.Data.Retry {
		t.Errorf("answer %+v", a.Error)
	}
}

func TestLookupErrorsAreSorted(t *testing.T) {
	var fail error
	b := newBench(t, func(o *Options, _ *limits) {
		o.Catalogue = uitest.Catalogue{Wait: func(context.Context) error { return fail }}
	})
	p := b.join(t)
	for _, c := range []struct {
		err  error
		code int
		key  string
	}{
		{&box.Problem{Code: "title_not_found", Text: "t", Hint: "h"}, codeNotFound, "title_not_found"},
		{fmt.Errorf("ask: %w", &box.Problem{Code: "service_unreachable", Text: "t", Hint: "h"}), codeUnavailable, "service_unreachable"},
		{&box.Problem{Code: "service_timeout", Text: "t", Hint: "h"}, codeTimeout, "service_timeout"},
		{fmt.Errorf("get https://service.example/?token=secret: refused"), codeUnavailable, "unavailable"},
	} {
		fail = c.err
		a := p.ask("catalog.rails", `{}`)
		if code(a) != c.code || a.Error.Data.Key != c.key || strings.Contains(a.Error.Message, "secret") {
			t.Errorf("%v: %+v", c.err, a.Error)
		}
	}
}

// TestStalledClientCostsNothing has a client that follows everything and reads
// nothing, while the state changes many times. What waits for it stays bounded,
// another client sees every last state, and the stalled one is dropped.
func TestStalledClientCostsNothing(t *testing.T) {
	b := newBench(t, func(_ *Options, l *limits) { l.write = 2 * time.Second })
	stalled := b.join(t)
	stalled.say(`{"jsonrpc":"2.0","id":1,"method":"topic.subscribe","params":{"topics":["playback","system","progress"]}}`)
	live := b.join(t)
	live.call("topic.subscribe", `{"topics":["playback"]}`, new(any))

	text := strings.Repeat("x", 32<<10)
	var before, after runtime.MemStats
	for i := range 3000 {
		if i == 1000 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		b.box.Update(func(v *box.View) {
			v.Playback.Session, v.Playback.URL = uint64(i), text
			v.System.Version = fmt.Sprint(i, text)
		})
		if i%100 == 0 {
			live.until(uint64(i))
		}
	}
	live.until(2999)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes over 2,000 changes of 64 KiB", grown)
	}
	began := time.Now()
	for i := 3000; b.counts.dropped.Load() == 0; i++ { // until the kernel's buffers are full as well
		if time.Since(began) > time.Minute {
			t.Fatal("the stalled client is never dropped")
		}
		b.box.Update(func(v *box.View) { v.Playback.Session = uint64(i) })
		live.until(uint64(i))
		time.Sleep(time.Millisecond)
	}
}

// until reads until a session number is seen.
func (p *peer) until(session uint64) {
	p.t.Helper()
	for {
		var v box.PlaybackView
		if err := json.Unmarshal(p.event().State, &v); err != nil {
			p.t.Fatal(err)
		}
		if v.Session >= session {
			return
		}
	}
}

func TestPingsKeepAQuietClient(t *testing.T) {
	b := newBench(t, func(_ *Options, l *limits) { l.ping, l.pong = 100*time.Millisecond, 2*time.Second })
	quiet, dead := b.join(t), b.join(t)
	pings := make(chan struct{}, 64)
	quiet.SetPingHandler(func(s string) error {
		pings <- struct{}{}
		return quiet.WriteControl(websocket.PongMessage, []byte(s), time.Now().Add(time.Second))
	})
	dead.SetPingHandler(func(string) error { return nil }) // never answers
	ended := make(chan error, 1)
	go func() {
		_, _, err := dead.ReadMessage()
		ended <- err
	}()
	left := make(chan error, 1)
	go func() {
		_, _, err := quiet.ReadMessage()
		left <- err
	}()
	if err := <-ended; err == nil {
		t.Error("a client that answers no pings is kept")
	}
	for range 40 { // twice the silence allowed
		select {
		case <-pings:
		case err := <-left:
			t.Fatal(err)
		}
	}
	_ = quiet.Close()
}
