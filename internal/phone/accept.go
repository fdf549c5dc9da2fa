package phone

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"usher/internal/spake2"
)

// What secrets are derived for.
const (
	secretOfCode = "usher phone 1 code"
	secretOfKey  = "usher phone 1 reconnect"
)

// Conn carries messages, each whole; a WebSocket is one. Its deadlines are the
// caller's.
type Conn interface {
	ReadMessage() (kind int, data []byte, err error)
	WriteMessage(kind int, data []byte) error
}

// textMessage is the kind of a text message (RFC 6455 section 5.6).
const textMessage = 1

// refusal is why a phone is not let in, as it is told.
type refusal string

const (
	refusedClosed  refusal = "closed"  // no code is shown
	refusedWrong   refusal = "wrong"   // the code is another
	refusedUnknown refusal = "unknown" // the phone was removed, or never was let in
	refusedBusy    refusal = "busy"    // too many at one time
	refusedSense   refusal = "garbage" // what it sent makes no sense
)

// Error implements error.
func (r refusal) Error() string { return "phone refused: " + string(r) }

// The messages of a run. The phone begins, and confirms first: a phone that
// guesses learns whether it was right only after the box has counted the try.
//
//	phone ─ {phone, share} ─▶ box
//	phone ◀──── {share} ───── box
//	phone ─── {confirm} ────▶ box
//	phone ◀── {confirm} ───── box      or, instead of either: {error, left}
//
// A phone that comes by a code and was let in before may add {was, proof} to its
// confirmation: it takes the place of its older self then.
type message struct {
	Phone   string  `json:"phone,omitempty"` // the id of one that was let in; empty: a code is known
	Share   string  `json:"share,omitempty"` // base64url
	Confirm string  `json:"confirm,omitempty"`
	Was     string  `json:"was,omitempty"`   // the id that the phone had until now
	Proof   string  `json:"proof,omitempty"` // that it has that id's key
	Error   refusal `json:"error,omitempty"`
	Left    int     `json:"left,omitempty"` // tries
}

// maxMessage is the longest message of a run, in bytes.
const maxMessage = 512

// parse reads a message of a phone.
func parse(kind int, data []byte) (m message, share, confirm []byte, err error) {
	if kind != textMessage || len(data) > maxMessage || json.Unmarshal(data, &m) != nil || max(len(m.Phone), len(m.Was)) > 2*idSize {
		return message{}, nil, nil, refusedSense
	}
	share, errShare := base64.RawURLEncoding.DecodeString(m.Share)
	confirm, errConfirm := base64.RawURLEncoding.DecodeString(m.Confirm)
	if errShare != nil || errConfirm != nil {
		return message{}, nil, nil, refusedSense
	}
	return m, share, confirm, nil
}

// Link is the sealed channel of one connection of a phone.
type Link struct {
	phones *Phones
	id     string
	in     *pipe
	out    *pipe
	drop   func(removed bool)
	cut    atomic.Bool
}

// Accept runs the protocol with a phone that connected under the name host, and
// gives its channel. drop must end the connection, and not block; it is called when
// the phone is removed, or all are switched off. The error was told to the phone.
func (p *Phones) Accept(c Conn, host string, drop func(removed bool)) (*Link, error) {
	l, left, err := p.accept(c, host, drop)
	if why, ok := errors.AsType[refusal](err); ok {
		_ = send(c, message{Error: why, Left: left}) // the connection ends anyway
	}
	return l, err
}

func (p *Phones) accept(c Conn, host string, drop func(removed bool)) (l *Link, left int, err error) {
	first, theirs, _, err := receive(c)
	if err != nil {
		return nil, 0, err
	}
	secret, w, err := p.secretFor(first.Phone)
	if err != nil {
		return nil, 0, err
	}
	run, err := spake2.Start(spake2.B, secret, nameOf(first.Phone), "usher box at "+host)
	if err != nil {
		return nil, 0, err
	}
	keys, err := run.Finish(theirs)
	if err != nil {
		return nil, 0, refusedSense
	}
	if err := send(c, message{Share: encode(run.Share())}); err != nil {
		return nil, 0, err
	}
	second, _, shown, err := receive(c)
	if err != nil {
		return nil, 0, err
	}
	id := first.Phone
	if w == nil {
		if !keys.Confirms(shown) {
			return nil, 0, refusedUnknown
		}
	} else if id, left, err = p.admit(w, keys, shown, second); err != nil {
		return nil, left, err
	}
	if l, err = p.link(id, keys.Session, drop); err != nil {
		return nil, 0, err
	}
	if err := send(c, message{Confirm: encode(keys.Confirm)}); err != nil {
		l.Leave()
		return nil, 0, err
	}
	return l, 0, nil
}

func nameOf(id string) string {
	if id == "" {
		return "usher phone"
	}
	return "usher phone " + id
}

// secretFor is what a phone has to know: its key, or the code of the window w.
func (p *Phones) secretFor(id string) (secret spake2.Secret, w *window, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.pace.take(time.Now()) {
		return spake2.Secret{}, nil, refusedBusy
	}
	if !p.kept.On {
		return spake2.Secret{}, nil, refusedClosed
	}
	if id == "" {
		if w = p.openWindow(); w == nil {
			return spake2.Secret{}, nil, refusedClosed
		}
		return w.secret, w, nil
	}
	i := p.kept.find(id)
	if i < 0 {
		return spake2.Secret{}, nil, refusedUnknown
	}
	key, err := p.kept.Phones[i].key()
	if err != nil {
		return spake2.Secret{}, nil, refusedUnknown
	}
	secret, err = spake2.Derive(key, secretOfKey)
	return secret, nil, err
}

// link makes the channel, of a phone that has not been removed since.
func (p *Phones) link(id string, session [16]byte, drop func(removed bool)) (*Link, error) {
	in, err := newPipe(session, infoToBox)
	if err != nil {
		return nil, err
	}
	out, err := newPipe(session, infoToPhone)
	if err != nil {
		return nil, err
	}
	l := &Link{phones: p, id: id, in: in, out: out, drop: drop}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.kept.On || p.kept.find(id) < 0 {
		return nil, refusedUnknown
	}
	p.links[l] = struct{}{}
	p.changed()
	return l, nil
}

func receive(c Conn) (m message, share, confirm []byte, err error) {
	kind, data, err := c.ReadMessage()
	if err != nil {
		return message{}, nil, nil, fmt.Errorf("read from phone: %w", err)
	}
	return parse(kind, data)
}

func send(c Conn, m message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode for phone: %w", err)
	}
	if err := c.WriteMessage(textMessage, data); err != nil {
		return fmt.Errorf("write to phone: %w", err)
	}
	return nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// ID is the phone's.
func (l *Link) ID() string { return l.id }

// Named notes how the phone calls itself.
func (l *Link) Named(name string) { l.phones.seen(l.id, name) }

// Seal seals the next frame to the phone. One goroutine at a time may.
func (l *Link) Seal(text []byte) []byte { return l.out.seal(text) }

// errRevoked is a frame of a phone that was removed, or of all while phones are
// switched off.
var errRevoked = errors.New("the phone was removed")

// Open opens the next frame of the phone. One goroutine at a time may. After an
// error the connection is of no more use.
func (l *Link) Open(frame []byte) ([]byte, error) {
	text, err := l.in.open(frame)
	if err == nil && l.cut.Load() {
		return nil, errRevoked
	}
	return text, err
}

// Revoke removes the phone, which asks for it itself, from the list, on the disk
// first. It ends all links of the phone.
func (l *Link) Revoke() error { return l.phones.Revoke(l.id) }

// Leave ends the link.
func (l *Link) Leave() {
	l.phones.mu.Lock()
	defer l.phones.mu.Unlock()
	delete(l.phones.links, l)
	l.phones.changed()
}
