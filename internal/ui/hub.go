package ui

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"usher/device/remote"
)

// topicName names what clients can follow.
type topicName string

// The topics.
const (
	topicPlayback  topicName = "playback"
	topicSystem    topicName = "system"
	topicTracks    topicName = "tracks"
	topicPairing   topicName = "pairing"
	topicProgress  topicName = "progress"
	topicHousehold topicName = "household"
	topicPurchase  topicName = "purchase"
	topicSettings  topicName = "settings"
	topicKeys      topicName = "keys"
	topicPhones    topicName = "phones"
	topicTyping    topicName = "typing"
	topicNetwork   topicName = "network"
)

// topicNames lists the topics, those sent first when several wait in front.
func topicNames() []topicName {
	return []topicName{topicKeys, topicTyping, topicPlayback, topicSystem, topicTracks, topicPairing, topicHousehold, topicPurchase, topicSettings, topicPhones, topicNetwork, topicProgress}
}

// conflated says whether only the newest state of the topic matters.
func (t topicName) conflated() bool { return t != topicKeys }

const (
	// keyRing is how many keys can be replayed after a break.
	keyRing = 128
	// keyAge is how old a replayed key may be: a key that was pressed while
	// the screen was away must not act on what is on it now.
	keyAge = 10 * time.Second
)

// keyed says whether the state of the topic is a map of which clients are told
// the members that changed.
func (t topicName) keyed() bool { return t == topicProgress }

// event is one change of a topic, encoded once for all clients.
type event struct {
	hub    *hub
	seq    uint64
	at     time.Time
	params json.RawMessage // of the notification
	frame  []byte          // the notification

	// Of keyed topics only.
	keyed bool
	after uint64 // the patch is of a state that is this old, or newer
	patch patch  // nil: too much to be told bit by bit
}

// point is where a topic stands.
type point struct {
	Epoch string          `json:"epoch"`
	Seq   uint64          `json:"seq"`
	State json.RawMessage `json:"state"`
}

// topic is the state and the replay ring of one topic.
type topic struct {
	seq   uint64
	state json.RawMessage
	ring  []*event // oldest first; only the newest of a conflated topic that is not keyed

	members members // of a keyed topic, instead of state
}

// hub owns the topics and knows who follows them. It never blocks: its lock
// and those of the outboxes (taken after it) are held for moments only.
type hub struct {
	epoch string

	mu      sync.Mutex
	topics  map[topicName]*topic
	clients map[*outbox]struct{}
}

func newHub(epoch string) *hub {
	h := &hub{epoch: epoch, topics: map[topicName]*topic{}, clients: map[*outbox]struct{}{}}
	for _, name := range topicNames() {
		h.topics[name] = &topic{state: json.RawMessage("null"), members: members{all: map[string]json.RawMessage{}}}
	}
	return h
}

// publish sets the state of a conflated topic; state is JSON.
func (h *hub) publish(name topicName, state json.RawMessage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	e := h.newEvent(name, t.seq+1, `"state":`, state)
	t.seq, t.state, t.ring = e.seq, state, []*event{e}
	for c := range h.clients {
		c.offer(name, e)
	}
}

// emitKey tells everybody who follows the keys about one.
func (h *hub) emitKey(key remote.Event) error {
	data, err := json.Marshal(key)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[topicKeys]
	e := h.newEvent(topicKeys, t.seq+1, `"event":`, data)
	t.seq = e.seq
	if t.ring = append(t.ring, e); len(t.ring) > keyRing {
		t.ring = t.ring[1:]
	}
	for c := range h.clients {
		c.offer(topicKeys, e)
	}
	return nil
}

// newEvent writes a notification; value is JSON already, lead is what stands
// before it. This is on the way of every change to every client, so nothing is
// encoded twice.
func (h *hub) newEvent(name topicName, seq uint64, lead string, value []byte) *event {
	const head = `{"jsonrpc":"2.0","method":"topic.event","params":`
	frame := make([]byte, 0, len(head)+len(lead)+len(value)+96)
	frame = append(frame, head...)
	frame = append(frame, `{"topic":"`...)
	frame = append(frame, name...)
	frame = append(frame, `","epoch":"`...)
	frame = append(frame, h.epoch...) // letters and digits only: see New
	frame = append(frame, `","seq":`...)
	frame = strconv.AppendUint(frame, seq, 10)
	frame = append(frame, ',')
	frame = append(frame, lead...)
	frame = append(frame, value...)
	frame = append(frame, "}}"...)
	return &event{hub: h, seq: seq, at: time.Now(), params: frame[len(head) : len(frame)-1], frame: frame}
}

// subscribe lets a client follow topics from the present state on.
func (h *hub) subscribe(c *outbox, names []topicName) map[topicName]point {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := map[topicName]point{}
	for _, name := range names {
		points[name] = h.point(name)
		c.follow(name)
	}
	h.clients[c] = struct{}{}
	return points
}

func (h *hub) point(name topicName) point {
	t := h.topics[name]
	state := t.state
	if name.keyed() {
		state = t.members.json()
	}
	return point{Epoch: h.epoch, Seq: t.seq, State: state}
}

// catchUp is what a client gets that was away: one of the two.
type catchUp struct {
	replayed []json.RawMessage
	snapshot *point
}

// MarshalJSON writes the one that is there.
func (u catchUp) MarshalJSON() ([]byte, error) {
	if u.snapshot != nil {
		return json.Marshal(map[string]any{"snapshot": u.snapshot})
	}
	return json.Marshal(map[string]any{"replayed": u.replayed})
}

// resume lets a client follow a topic from where it last saw it.
func (h *hub) resume(c *outbox, name topicName, epoch string, seq uint64) catchUp {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[c] = struct{}{}
	c.follow(name)
	if missed, ok := h.missed(name, epoch, seq); ok && (!c.whole || !name.keyed()) {
		return catchUp{replayed: missed}
	}
	p := h.point(name)
	return catchUp{snapshot: &p}
}

// missed lists the events after seq; not ok means that they are not all there.
func (h *hub) missed(name topicName, epoch string, seq uint64) (list []json.RawMessage, ok bool) {
	t := h.topics[name]
	if epoch != h.epoch || seq > t.seq {
		return nil, false
	}
	if name.keyed() {
		return h.missedPatch(name, seq)
	}
	list = []json.RawMessage{}
	for _, e := range t.ring {
		if e.seq <= seq {
			continue
		}
		if !name.conflated() && time.Since(e.at) > keyAge {
			return nil, false
		}
		list = append(list, e.params)
	}
	if name.conflated() {
		return list, true // each event has the whole state: the newest is enough
	}
	return list, uint64(len(list)) == t.seq-seq
}

// leave forgets a client.
func (h *hub) leave(c *outbox) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
}
