package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"usher/device/remote"
)

// model is a client that believes only what it was sent.
type model struct {
	out    *outbox
	old    bool // of API 1.0, which has no patches
	points map[topicName]point
	keys   []uint64 // sequence numbers seen, in order
	missed bool     // told (by a snapshot or by being dropped) that keys were lost
	gone   error    // dropped by the bridge
}

func (m *model) take(t *testing.T, data []byte) {
	var n struct{ Params testEvent }
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	m.see(t, n.Params)
}

func (m *model) see(t *testing.T, e testEvent) {
	p := m.points[e.Topic]
	if e.Seq <= p.Seq {
		t.Fatalf("%s: %d after %d", e.Topic, e.Seq, p.Seq)
	}
	if e.Topic == topicKeys {
		m.seeKey(t, e)
	}
	if e.Patch != nil {
		e.State = patched(t, p, e)
	}
	m.points[e.Topic] = point{Epoch: e.Epoch, Seq: e.Seq, State: e.State}
}

func (m *model) seeKey(t *testing.T, e testEvent) {
	if p := m.points[topicKeys]; e.Seq != p.Seq+1 {
		t.Fatalf("keys: %d after %d", e.Seq, p.Seq)
	}
	m.keys = append(m.keys, e.Seq)
}

// patched is the state after a patch; the client must not be older than what
// the patch is for.
func patched(t *testing.T, p point, e testEvent) json.RawMessage {
	if p.Seq < e.After {
		t.Fatalf("%s: a patch of %d for a client at %d", e.Topic, e.After, p.Seq)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(p.State, &all); err != nil {
		t.Fatal(err)
	}
	for key, value := range e.Patch {
		if string(value) == "null" {
			delete(all, key)
			continue
		}
		all[key] = value
	}
	return objectText(all)
}

// connect is a new connection: it resumes what it knows, as a page does.
func (m *model) connect(t *testing.T, h *hub, lim limits) {
	m.gone = nil
	m.out = newOutbox(lim, func(err error) { m.gone = err })
	m.out.whole = m.old
	if m.points == nil {
		m.points = h.subscribe(m.out, topicNames())
		return
	}
	for _, name := range topicNames() {
		p := m.points[name]
		u := h.resume(m.out, name, p.Epoch, p.Seq)
		if u.snapshot != nil {
			m.missed = m.missed || name == topicKeys && u.snapshot.Seq != p.Seq
			m.points[name] = *u.snapshot
		}
		for _, params := range u.replayed {
			var e testEvent
			if err := json.Unmarshal(params, &e); err != nil {
				t.Fatal(err)
			}
			m.see(t, e)
		}
	}
}

// TestClientsEndWithTheServersState runs random schedules of changes, bursts
// of keys, stalls, disconnects and restarts of the daemon. At rest each
// client's state is the server's, and no key was lost without a word. The gate
// runs 100,000 of them: USHER_SCHEDULES=100000.
func TestClientsEndWithTheServersState(t *testing.T) {
	const steps = 24
	schedules := 3000
	if n, err := strconv.Atoi(os.Getenv("USHER_SCHEDULES")); err == nil {
		schedules = n
	}
	start, dropped, merged := time.Now(), 0, 0
	for seed := range schedules {
		d, m := schedule(t, rand.New(rand.NewPCG(uint64(seed), 1)), steps)
		dropped, merged = dropped+d, merged+m
	}
	if dropped == 0 || merged == 0 {
		t.Error("no schedule made a client fall behind; it proves less than it says")
	}
	t.Logf("%d schedules, %d drops, %d merged patches, %v", schedules, dropped, merged, time.Since(start))
}

func schedule(t *testing.T, r *rand.Rand, steps int) (dropped, merged int) {
	lim := defaults()
	lim.keys = 4
	h := newHub("first")
	clients := []*model{{}, {}, {old: true}}
	for _, m := range clients {
		m.connect(t, h, lim)
	}
	for range steps {
		m := clients[r.IntN(len(clients))]
		switch r.IntN(12) {
		case 0: // the connection breaks, or the client left because it was told
			h.leave(m.out)
			m.connect(t, h, lim)
		case 1:
			if r.IntN(20) == 0 { // the daemon starts anew
				h = newHub(fmt.Sprint(r.Uint64()))
				for _, m := range clients {
					m.connect(t, h, lim)
				}
			}
		case 2, 3:
			burst := 1 + r.IntN(6)
			if r.IntN(60) == 0 {
				burst += keyRing
			}
			for range burst {
				check(t, h.emitKey(remote.Event{Key: remote.OK, Action: remote.Press}))
			}
		case 4, 5:
			name := topicNames()[1+r.IntN(4)]
			h.publish(name, json.RawMessage(strconv.Itoa(r.IntN(1000))))
		case 6, 7:
			h.publishPatch(topicProgress, anyPatch(r))
		default: // the client reads a little, or stalls
			for range r.IntN(4) {
				if data := m.out.next(); data != nil && m.gone == nil {
					m.take(t, data)
				}
			}
		}
	}
	return settle(t, h, clients, lim)
}

// anyPatch changes a few of few members, or seldom more than is told as a patch.
func anyPatch(r *rand.Rand) patch {
	n, p := 1+r.IntN(3), patch{}
	if r.IntN(200) == 0 {
		n = patchMost + 1
	}
	for i := range n {
		key := strconv.Itoa(r.IntN(6))
		if n > patchMost {
			key = "many" + strconv.Itoa(i)
		}
		if r.IntN(3) > 0 {
			p[key] = json.RawMessage(strconv.Itoa(r.IntN(1000)))
		} else {
			p[key] = nil
		}
	}
	return p
}

func settle(t *testing.T, h *hub, clients []*model, lim limits) (dropped, merged int) {
	for _, m := range clients {
		if w := m.out.states[topicProgress]; w != nil && w.merge != nil && !w.whole {
			merged++
		}
		if m.gone != nil {
			dropped++
			m.connect(t, h, lim)
		}
		for data := m.out.next(); data != nil; data = m.out.next() {
			m.take(t, data)
		}
		for _, name := range topicNames() {
			have, want := m.points[name], h.point(name)
			if have.Epoch != want.Epoch || have.Seq != want.Seq || string(have.State) != string(want.State) && name != topicKeys {
				t.Fatalf("%s: client %+v, server %+v", name, have, want)
			}
		}
	}
	return dropped, merged
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeysFallBehind(t *testing.T) {
	lim := defaults()
	var cause error
	o := newOutbox(lim, func(err error) { cause = err })
	h := newHub("e")
	h.subscribe(o, []topicName{topicKeys})
	for range lim.keys {
		check(t, h.emitKey(remote.Event{Key: remote.OK}))
	}
	if cause != nil {
		t.Fatalf("dropped too early: %v", cause)
	}
	check(t, h.emitKey(remote.Event{Key: remote.OK}))
	var why *closing
	if !errors.As(cause, &why) || why.code != closeSlow {
		t.Errorf("cause %v, want %d", cause, closeSlow)
	}
}

func TestReplayRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub("e")
		for range keyRing + 5 {
			check(t, h.emitKey(remote.Event{Key: remote.OK}))
		}
		o := newOutbox(defaults(), func(error) {})
		latest := uint64(keyRing + 5)
		for _, c := range []struct {
			seq      uint64
			replayed int // negative: a snapshot
		}{{latest, 0}, {latest - 1, 1}, {5, keyRing}, {4, -1}, {0, -1}, {latest + 1, -1}} {
			u := h.resume(o, topicKeys, "e", c.seq)
			if got := len(u.replayed); u.snapshot != nil && c.replayed >= 0 || u.snapshot == nil && got != c.replayed {
				t.Errorf("after %d: %d replayed, snapshot %v; want %d", c.seq, got, u.snapshot, c.replayed)
			}
		}
		time.Sleep(keyAge + 1)
		if u := h.resume(o, topicKeys, "e", latest-1); u.snapshot == nil {
			t.Error("an old key is replayed: it would act on another screen")
		}
		if u := h.resume(o, topicKeys, "e", latest); u.snapshot != nil {
			t.Error("nothing was missed, but a snapshot is sent")
		}
	})
}

func TestEventsWaitForTheSnapshot(t *testing.T) {
	h := newHub("e")
	o := newOutbox(defaults(), func(error) {})
	s := o.reserve()
	o.hold(s)
	h.subscribe(o, []topicName{topicPlayback})
	h.publish(topicPlayback, json.RawMessage("1"))
	if data := o.next(); data != nil {
		t.Fatalf("before the reply: %s", data)
	}
	o.reply(s, []byte("reply"))
	if data := o.next(); string(data) != "reply" {
		t.Fatalf("first %s", data)
	}
	if data := o.next(); data == nil {
		t.Error("the change is lost")
	}
}

func TestUnsubscribeIsImmediate(t *testing.T) {
	h := newHub("e")
	o := newOutbox(defaults(), func(error) {})
	h.subscribe(o, topicNames())
	h.publish(topicPlayback, json.RawMessage("1"))
	check(t, h.emitKey(remote.Event{Key: remote.OK}))
	if left := o.unfollow([]topicName{topicPlayback, topicKeys}); len(left) != len(topicNames())-2 || slices.Contains(left, topicPlayback) || slices.Contains(left, topicKeys) {
		t.Errorf("left %v", left)
	}
	h.publish(topicPlayback, json.RawMessage("2"))
	if data := o.next(); data != nil {
		t.Errorf("afterwards: %s", data)
	}
}

func TestReaderWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lim := defaults()
		lim.replyBytes = 10
		o := newOutbox(lim, func(error) {})
		o.reply(o.reserve(), make([]byte, 11))
		let := make(chan error, 1)
		go func() { let <- o.waitRoom(t.Context()) }()
		synctest.Wait()
		select {
		case <-let:
			t.Fatal("no waiting with 11 of 10 bytes queued")
		default:
		}
		o.next()
		if err := <-let; err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		o.reply(o.reserve(), make([]byte, 11))
		go func() { let <- o.waitRoom(ctx) }()
		synctest.Wait()
		cancel(errEnded)
		if err := <-let; !errors.Is(err, errEnded) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestBucket(t *testing.T) {
	k, now := newBucket(10, 2), time.Unix(0, 0)
	for i, want := range []bool{true, true, false} {
		if _, ok := k.take(now); ok != want {
			t.Errorf("take %d: %v", i, ok)
		}
	}
	if wait, ok := k.take(now.Add(50 * time.Millisecond)); ok || wait != 50*time.Millisecond {
		t.Errorf("half a token: %v %v", wait, ok)
	}
	if _, ok := k.take(now.Add(time.Hour)); !ok {
		t.Error("no token after an hour")
	}
	if k.tokens > 1 {
		t.Errorf("%v tokens: more than the burst", k.tokens)
	}
}
