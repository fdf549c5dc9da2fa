package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"usher/device/remote"
	"usher/internal/box"
)

func TestHelloOpensTheSession(t *testing.T) {
	b := newBench(t)
	p := b.join(t)
	var v box.PlaybackView
	p.call("playback.get", `{}`, &v)
	if v.Phase != "idle" {
		t.Errorf("phase %q", v.Phase)
	}
	if a := p.ask("session.hello", `{"client":{"name":"again"}}`); a.Error == nil || a.Error.Data.Key != "session_open" {
		t.Errorf("second hello: %+v", a)
	}
}

func TestWithoutHelloNothing(t *testing.T) {
	b := newBench(t, func(_ *Options, l *limits) { l.hello = 100 * time.Millisecond })
	hello := func(params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"session.hello","params":` + params + `}`
	}
	for name, first := range map[string]string{
		"silence":      "",
		"no token":     hello(`{"client":{"name":"x"}}`),
		"wrong token":  hello(`{"token":"` + strings.Repeat("x", 40) + `","client":{"name":"x"}}`),
		"other method": `{"jsonrpc":"2.0","id":1,"method":"player.stop"}`,
		"batch":        "[" + hello(`{"token":"`+testToken+`","client":{"name":"x"}}`) + "]",
		"notification": `{"jsonrpc":"2.0","method":"session.hello","params":{"token":"` + testToken + `","client":{"name":"x"}}}`,
		"no JSON":      "hello",
	} {
		t.Run(name, func(t *testing.T) {
			b.lockouts.right("127.0.0.1")
			p := b.dial(t)
			if first != "" {
				p.say(first)
			}
			if code, text := p.closed(); code != closeHello {
				t.Errorf("closed with %d %q", code, text)
			}
		})
	}
	if events := b.box.Events(); len(events) != 0 {
		t.Errorf("the box was told %v", events)
	}
}

func TestFiveWrongTokensLockOut(t *testing.T) {
	b := newBench(t)
	for range lockoutTries {
		p := b.dial(t)
		p.say(`{"jsonrpc":"2.0","id":1,"method":"session.hello","params":{"token":"no","client":{"name":"x"}}}`)
		p.closed()
	}
	res, _ := b.get(t, "/rpc", "Origin", "http://"+b.addr, "Sec-WebSocket-Protocol", Protocol)
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %s", res.Status)
	}
	b.lockouts.right("127.0.0.1")
	b.join(t)
}

func TestLockoutEnds(t *testing.T) {
	l, now := newLockouts(), time.Unix(1000, 0)
	for range lockoutTries - 1 {
		l.wrong("a", now)
	}
	if l.blocked("a", now) != 0 {
		t.Error("blocked too early")
	}
	l.wrong("a", now)
	if l.blocked("a", now) != lockoutTime || l.blocked("b", now) != 0 {
		t.Error("not blocked, or another peer is")
	}
	if later := now.Add(lockoutTime); l.blocked("a", later) != 0 {
		t.Error("blocked for ever")
	}
	l.wrong("a", now.Add(lockoutTime))
	if l.blocked("a", now.Add(lockoutTime)) != 0 {
		t.Error("old tries count")
	}
}

func TestBadMessagesClose(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		kind, code int
		data       []byte
	}{
		"1 MiB":       {websocket.TextMessage, websocket.CloseMessageTooBig, make([]byte, 1<<20)},
		"64 KiB + 1":  {websocket.TextMessage, websocket.CloseMessageTooBig, make([]byte, 64<<10+1)},
		"binary":      {websocket.BinaryMessage, closeMessage, []byte("{}")},
		"not UTF-8":   {websocket.TextMessage, websocket.CloseInvalidFramePayloadData, []byte("\"\xff\"")},
		"not allowed": {websocket.BinaryMessage, closeMessage, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := b.join(t)
			_ = p.WriteMessage(c.kind, c.data)
			if code, text := p.closed(); code != c.code {
				t.Errorf("closed with %d %q, want %d", code, text, c.code)
			}
		})
	}
}

func TestLargestMessageIsRead(t *testing.T) {
	p := newBench(t).join(t)
	p.say(`{"jsonrpc":"2.0","id":7,"method":"playback.get"}` + strings.Repeat(" ", 64<<10-48))
	if got := p.hear(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":7,"result"`) {
		t.Errorf("got %s", got)
	}
}

func TestRateLimits(t *testing.T) {
	b := newBench(t, func(_ *Options, l *limits) { l.callBurst, l.keyBurst, l.callRate, l.keyRate = 3, 2, 0.01, 0.01 })
	p := b.join(t)
	for i, want := range []int{0, 0, 0, codeLimit} {
		if a := p.ask("system.get", `{}`); code(a) != want {
			t.Errorf("call %d: %+v, want code %d", i, a.Error, want)
		}
	}
	for i, want := range []int{0, 0, codeLimit} { // keys have a bucket of their own
		a := p.ask("remote.key", `{"key":"ok"}`)
		if code(a) != want {
			t.Errorf("key %d: %+v, want code %d", i, a.Error, want)
		}
		if want != 0 && (!a.Error.Data.Retry || a.Error.Data.RetryAfterMS < 1) {
			t.Errorf("no word on when to retry: %+v", a.Error.Data)
		}
	}
}

func code(a answer) int {
	if a.Error == nil {
		return 0
	}
	return a.Error.Code
}

func TestConnectionLimit(t *testing.T) {
	b := newBench(t, func(_ *Options, l *limits) { l.screens = 2 })
	first, _ := b.join(t), b.join(t)
	get := func() int {
		res, _ := b.get(t, "/rpc", "Origin", "http://"+b.addr, "Sec-WebSocket-Protocol", Protocol)
		return res.StatusCode
	}
	if s := get(); s != http.StatusServiceUnavailable {
		t.Errorf("third connection: %d", s)
	}
	_ = first.Close()
	for get() == http.StatusServiceUnavailable { // until the server has seen it go
		time.Sleep(time.Millisecond)
	}
	b.join(t)
}

func TestStopSaysGoodbye(t *testing.T) {
	b := newBench(t)
	p := b.join(t)
	go b.stop()
	if code, _ := p.closed(); code != websocket.CloseGoingAway {
		t.Errorf("closed with %d", code)
	}
}

func TestSubscribeThenEvents(t *testing.T) {
	b := newBench(t)
	p := b.join(t)
	var sub struct{ Topics map[topicName]point }
	p.call("topic.subscribe", `{"topics":["playback","keys"]}`, &sub)
	if len(sub.Topics) != 2 || string(sub.Topics[topicKeys].State) != "null" {
		t.Fatalf("subscribed: %+v", sub)
	}
	b.box.Update(func(v *box.View) { v.Playback.Phase = "playing" })
	e := p.event()
	var v box.PlaybackView
	if err := json.Unmarshal(e.State, &v); err != nil || e.Topic != topicPlayback || v.Phase != "playing" || e.Seq != sub.Topics[topicPlayback].Seq+1 {
		t.Errorf("event %+v %v", e, err)
	}
	b.box.Press(remote.Event{Key: remote.OK, Action: remote.Press})
	if e := p.event(); e.Topic != topicKeys || e.Event.Key != remote.OK || e.Seq != 1 {
		t.Errorf("key event %+v", e)
	}
	b.box.Update(func(v *box.View) { v.System.Demo = false }) // not followed
	var left struct{ Topics []topicName }
	p.call("topic.unsubscribe", `{"topics":["playback"]}`, &left)
	if !slices.Equal(left.Topics, []topicName{topicKeys}) {
		t.Errorf("left %v", left.Topics)
	}
}

type testEvent struct {
	Topic topicName
	Epoch string
	Seq   uint64
	State json.RawMessage
	After uint64
	Patch map[string]json.RawMessage
	Event remote.Event
}

func (p *peer) event() testEvent {
	p.t.Helper()
	var m struct {
		Method string
		Params testEvent
	}
	if err := json.Unmarshal([]byte(p.hear()), &m); err != nil || m.Method != "topic.event" {
		p.t.Fatalf("not an event: %+v %v", m, err)
	}
	return m.Params
}

func TestResumeOverANewConnection(t *testing.T) {
	b := newBench(t)
	p := b.join(t)
	var sub struct{ Topics map[topicName]point }
	p.call("topic.subscribe", `{"topics":["keys"]}`, &sub)
	_ = p.Close()
	for _, k := range []remote.Key{remote.Up, remote.OK} {
		b.box.Press(remote.Event{Key: k, Action: remote.Press})
	}
	q := b.join(t)
	var got struct{ Replayed []testEvent }
	for len(got.Replayed) < 2 { // until the pump has seen both
		q.call("topic.resume", fmt.Sprintf(`{"topic":"keys","epoch":%q,"seq":0}`, sub.Topics[topicKeys].Epoch), &got)
	}
	if got.Replayed[0].Event.Key != remote.Up || got.Replayed[1].Seq != 2 {
		t.Errorf("replayed %+v", got)
	}
	var other struct{ Snapshot *point }
	q.call("topic.resume", `{"topic":"keys","epoch":"of yesterday","seq":2}`, &other)
	if other.Snapshot == nil || other.Snapshot.Seq != 2 {
		t.Errorf("another epoch: %+v", other)
	}
}
