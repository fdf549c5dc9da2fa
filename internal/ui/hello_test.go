package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"usher/internal/box"
)

func hello(extra string) string {
	return `{"token":"` + testToken + `","client":{"name":"test"}` + extra + `}`
}

func TestSessionsPinTheAPI(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		asked, pinned, key string
	}{
		{"", "1.0", ""},
		{"1.0", "1.0", ""},
		{"1.1", "1.1", ""},
		{"1.99", "", "api_unsupported"},
		{"2.0", "", "api_unsupported"},
		{"1", "", "api_unsupported"},
		{"1.01", "", "api_unsupported"},
		{"1.-1", "", "api_unsupported"},
		{"x", "", "api_unsupported"},
	} {
		extra := ""
		if c.asked != "" {
			extra = fmt.Sprintf(`,"api":%q`, c.asked)
		}
		p := b.dial(t)
		a := p.ask("session.hello", hello(extra))
		if c.key != "" {
			if a.Error == nil || a.Error.Data.Key != c.key {
				t.Errorf("api %q: %s %+v", c.asked, a.Result, a.Error)
			}
			if code, _ := p.closed(); code != closeHello {
				t.Errorf("api %q: closed with %d", c.asked, code)
			}
			continue
		}
		var r helloResult
		if err := json.Unmarshal(a.Result, &r); err != nil || r.API != c.pinned {
			t.Errorf("api %q: %+v %+v", c.asked, r, a.Error)
		}
		_ = p.Close()
	}
}

// TestOlderSessionsLackNewerMethods has a method that came later: to a session
// of before it does not exist.
func TestOlderSessionsLackNewerMethods(t *testing.T) {
	b := newBench(t)
	m := b.calls.methods["system.get"]
	m.since = 1
	b.calls.methods["system.get"] = m
	for extra, want := range map[string]int{"": codeMethod, `,"api":"1.1"`: 0} {
		p := b.dial(t)
		p.call("session.hello", hello(extra), new(any))
		if a := p.ask("system.get", `{}`); code(a) != want {
			t.Errorf("hello %s: %+v", extra, a.Error)
		}
	}
}

func TestRolesAreNarrowedNeverWidened(t *testing.T) {
	b := newBench(t)
	p := b.dial(t)
	var r helloResult
	p.call("session.hello", hello(`,"role":"remote"`), &r)
	if r.Role != "remote" || !slices.Equal(r.Scopes, b.doc.Roles["remote"]) {
		t.Errorf("narrowed to %+v", r)
	}
	if a := p.ask("player.pause", `{}`); code(a) != codeForbidden || a.Error.Data.Key != "scope_missing" {
		t.Errorf("a remote commands the player: %+v", a.Error)
	}
	if a := p.ask("remote.key", `{"key":"ok"}`); a.Error != nil {
		t.Errorf("a remote has no keys: %+v", a.Error)
	}
	for _, wider := range []string{"local", "installer"} {
		q := b.dial(t)
		a := q.ask("session.hello", hello(`,"role":"`+wider+`"`))
		if code(a) != codeForbidden || a.Error.Data.Key != "role_denied" || a.Error.Data.Hint == "" {
			t.Errorf("screen as %s: %+v", wider, a.Error)
		}
	}
}

// TestProgressComesAsPatches sees each watched title once, and the whole in an
// older session.
func TestProgressComesAsPatches(t *testing.T) {
	b := newBench(t)
	p, old := b.dial(t), b.join(t)
	p.call("session.hello", hello(`,"api":"1.1"`), new(any))
	for _, c := range []*peer{p, old} {
		c.call("topic.subscribe", `{"topics":["progress"]}`, new(any))
	}
	b.box.SetProgress("demo:tide", box.Progress{PositionMS: 90000, DurationMS: 600000, UpdatedMS: 2})
	b.box.SetProgress("demo:garden", box.Progress{PositionMS: 1, DurationMS: 2, UpdatedMS: 3})
	seen := map[string]box.Progress{}
	for len(seen) < 2 {
		e := p.event()
		if e.State != nil || e.After >= e.Seq || len(e.Patch) == 0 {
			t.Fatalf("no patch: %+v", e)
		}
		for id, text := range e.Patch {
			var v box.Progress
			check(t, json.Unmarshal(text, &v))
			seen[id] = v
		}
	}
	if seen["demo:tide"].PositionMS != 90000 || seen["demo:garden"].UpdatedMS != 3 {
		t.Errorf("patched to %+v", seen)
	}
	whole := map[string]box.Progress{}
	for whole["demo:garden"].UpdatedMS != 3 {
		e := old.event()
		if e.Patch != nil {
			t.Fatalf("API 1.0 has no patches: %+v", e)
		}
		check(t, json.Unmarshal(e.State, &whole))
	}
	if len(whole) != 2 {
		t.Errorf("the whole is %+v", whole)
	}
}

// TestStrangersKeepNobodyOut opens more connections than there are places for
// those that say nothing: the oldest go, and a client with the token comes in.
func TestStrangersKeepNobodyOut(t *testing.T) {
	b := newBench(t, func(_ *Options, l *limits) { l.strangers = 3 })
	strangers := []*peer{}
	for range 6 {
		strangers = append(strangers, b.dial(t))
	}
	b.join(t)
	for i, s := range strangers[:3] {
		if code, _ := s.closed(); code != closeHello {
			t.Errorf("stranger %d: closed with %d", i, code)
		}
	}
}

// TestAHundredClients is what the bridge promises, and one more is told to
// wait only beyond the limit.
func TestAHundredClients(t *testing.T) {
	b := newBench(t)
	clients := []*peer{}
	for range 100 {
		p := b.join(t)
		p.call("topic.subscribe", `{"topics":["playback"]}`, new(any))
		clients = append(clients, p)
	}
	b.box.Update(func(v *box.View) { v.Playback.Phase = "playing" })
	for _, p := range clients {
		if e := p.event(); e.Topic != topicPlayback {
			t.Fatalf("event %+v", e)
		}
	}
}
