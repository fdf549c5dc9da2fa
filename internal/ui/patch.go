package ui

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

const (
	// patchMost is how many members a patch tells of; more is told as the whole
	// state, which is then hardly longer.
	patchMost = 256
	// patchRing is how many patches can be merged after a break.
	patchRing = 128
)

// patch is what changed in a topic whose state is a map: the new values as
// JSON, by member; nil takes the member away.
type patch map[string]json.RawMessage

// onto changes m.
func (p patch) onto(m map[string]json.RawMessage) {
	for key, value := range p {
		if value == nil {
			delete(m, key)
			continue
		}
		m[key] = value
	}
}

// then is this patch with a later one after it.
func (p patch) then(later patch) patch {
	both := make(patch, len(p)+len(later))
	maps.Copy(both, p)
	maps.Copy(both, later)
	return both
}

// text is the patch as JSON.
func (p patch) text() []byte { return objectText(p) }

// objectText is an object of values that are JSON already, in the order of its
// members so that the same state always reads the same.
func objectText(m map[string]json.RawMessage) []byte {
	text := []byte{'{'}
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := json.Marshal(key)
		if err != nil { // a string can always be encoded
			continue
		}
		text = append(append(text, name...), ':')
		if m[key] == nil {
			text = append(text, "null"...)
			continue
		}
		text = append(text, m[key]...)
	}
	return append(text, '}')
}

// members are the state of a keyed topic; the hub's lock guards them. They are
// written as JSON when somebody wants the whole: thousands of titles change one
// at a time, every second.
type members struct {
	all  map[string]json.RawMessage
	text json.RawMessage // of all; nil: not written since the last change
}

func (m *members) json() json.RawMessage {
	if m.text == nil {
		m.text = objectText(m.all)
	}
	return m.text
}

// publishPatch changes members of a keyed topic. It does nothing for an empty
// patch.
func (h *hub) publishPatch(name topicName, p patch) {
	if len(p) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	e := h.patchEvent(name, t.seq+1, t.seq, p)
	p.onto(t.members.all)
	t.seq, t.members.text = e.seq, nil
	if len(p) > patchMost { // nobody is told this much bit by bit
		e.patch, t.ring = nil, nil
	} else if t.ring = append(t.ring, e); len(t.ring) > patchRing {
		t.ring = t.ring[1:]
	}
	for c := range h.clients {
		c.offer(name, e)
	}
}

// wholeFrame is the notification of a keyed topic's whole state, for a client
// that is not told its changes; what waited of them is in it. Nil: the client
// has left the topic meanwhile.
func (h *hub) wholeFrame(name topicName, c *outbox) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !c.settle(name) {
		return nil
	}
	t := h.topics[name]
	return h.newEvent(name, t.seq, `"state":`, t.members.json()).frame
}

// patchEvent is the notification of a patch that a client can apply whose state
// is that of after, or newer.
func (h *hub) patchEvent(name topicName, seq, after uint64, p patch) *event {
	lead := `"after":` + strconv.FormatUint(after, 10) + `,"patch":`
	e := h.newEvent(name, seq, lead, p.text())
	e.keyed, e.after, e.patch = true, after, p
	return e
}

// missedPatch is one patch with all that happened after seq; none when nothing
// did. Not ok means that it is not all at hand, or too much.
func (h *hub) missedPatch(name topicName, seq uint64) (list []json.RawMessage, ok bool) {
	t, merged := h.topics[name], patch{}
	if seq == t.seq {
		return []json.RawMessage{}, true
	}
	if uint64(len(t.ring)) < t.seq-seq {
		return nil, false
	}
	for _, e := range t.ring {
		if e.seq > seq {
			merged = merged.then(e.patch)
		}
	}
	if len(merged) > patchMost {
		return nil, false
	}
	return []json.RawMessage{h.patchEvent(name, t.seq, seq, merged).params}, true
}

// waiting is what of a state topic was not written to a client yet.
type waiting struct {
	event *event
	merge patch // of the events since after; nil: there is but one event
	after uint64
	whole bool // the client is told the whole state
}

// add puts a newer event onto what waits; w may be nil.
func (w *waiting) add(e *event, whole bool) *waiting {
	next := &waiting{event: e, after: e.after, whole: e.keyed && (whole || e.patch == nil)}
	if w == nil || !e.keyed {
		return next
	}
	next.whole = next.whole || w.whole
	if next.whole {
		return next
	}
	held := w.merge
	if held == nil {
		held = w.event.patch
	}
	next.after, next.merge = w.after, held.then(e.patch)
	next.whole = len(next.merge) > patchMost
	return next
}

// frame is the notification to be written, of what is not told as the whole.
func (w *waiting) frame(name topicName) []byte {
	if w.merge == nil {
		return w.event.frame
	}
	return w.event.hub.patchEvent(name, w.event.seq, w.after, w.merge).frame
}
