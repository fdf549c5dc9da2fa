// Package phonetest is a phone for tests: the other side of internal/phone, written
// after docs/protocol.md and not after the box's code.
//
// A Phone is for one goroutine. Run blocks for its connection.
package phonetest

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"usher/internal/spake2"
)

// Conn carries messages, each whole.
type Conn interface {
	ReadMessage() (kind int, data []byte, err error)
	WriteMessage(kind int, data []byte) error
}

// Phone is a phone. The zero value was never let in.
type Phone struct {
	ID      string
	Key     []byte
	Session [16]byte // of the last connection
	Was     *Phone   // who it says it was, when it comes by a code

	in, out pipe
}

// Message is one message of a run.
type Message struct {
	Phone   string `json:"phone,omitempty"`
	Share   string `json:"share,omitempty"`
	Confirm string `json:"confirm,omitempty"`
	Was     string `json:"was,omitempty"`
	Proof   string `json:"proof,omitempty"`
	Error   string `json:"error,omitempty"`
	Left    int    `json:"left,omitempty"`
}

// Refused is why the box did not let the phone in.
type Refused struct {
	Why  string // of docs/protocol.md: closed, wrong, unknown, busy, garbage
	Left int    // tries
}

// Error implements error.
func (r *Refused) Error() string { return fmt.Sprintf("refused: %s, %d left", r.Why, r.Left) }

// ErrImpostor is a box that does not know the secret.
var ErrImpostor = errors.New("the box does not know the secret")

// Run runs the protocol with a box that is reached under the name host: by a code,
// or, without one, as the phone that it is. The error may be a *Refused.
func (p *Phone) Run(c Conn, host, code string) error {
	run, err := p.begin(host, code)
	if err != nil {
		return err
	}
	answer, err := Say(c, Message{Phone: p.ID, Share: encode(run.Share())})
	if err != nil {
		return err
	}
	share, err := base64.RawURLEncoding.DecodeString(answer.Share)
	if err != nil {
		return fmt.Errorf("read share: %w", err)
	}
	keys, err := run.Finish(share)
	if err != nil {
		return err
	}
	last := Message{Confirm: encode(keys.Confirm)}
	if p.Was != nil {
		last.Was = p.Was.ID
		last.Proof = encode(derive(append(append([]byte{}, p.Was.Key...), keys.Session[:]...), "usher phone 1 again", 16))
	}
	if answer, err = Say(c, last); err != nil {
		return err
	}
	shown, err := base64.RawURLEncoding.DecodeString(answer.Confirm)
	if err != nil || !keys.Confirms(shown) {
		return ErrImpostor
	}
	return p.letIn(keys.Session)
}

// begin starts a run with what the phone knows.
func (p *Phone) begin(host, code string) (*spake2.Run, error) {
	secret, err := spake2.Derive([]byte(code), "usher phone 1 code")
	name := "usher phone"
	if code == "" {
		secret, err = spake2.Derive(p.Key, "usher phone 1 reconnect")
	}
	if p.ID != "" {
		name += " " + p.ID
	}
	if err != nil {
		return nil, err
	}
	return spake2.Start(spake2.A, secret, name, "usher box at "+host)
}

func (p *Phone) letIn(session [16]byte) (err error) {
	p.Session = session
	if p.ID == "" {
		p.ID, p.Key = hex.EncodeToString(derive(session[:], "usher phone 1 id", 8)), derive(session[:], "usher phone 1 key", 32)
	}
	if p.out, err = newPipe(session, "usher phone 1 to box"); err != nil {
		return err
	}
	p.in, err = newPipe(session, "usher phone 1 to phone")
	return err
}

// Say sends a message of a run, and gives the answer. The error may be a *Refused.
func Say(c Conn, m Message) (answer Message, err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return Message{}, err
	}
	if err := c.WriteMessage(1, text); err != nil {
		return Message{}, err
	}
	_, data, err := c.ReadMessage()
	if err != nil {
		return Message{}, err
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return Message{}, err
	}
	if answer.Error != "" {
		return answer, &Refused{Why: answer.Error, Left: answer.Left}
	}
	return answer, nil
}

// Seal seals the next frame to the box.
func (p *Phone) Seal(text []byte) []byte { return p.out.aead.Seal(nil, p.out.nonce(), text, nil) }

// Open opens the next frame of the box.
func (p *Phone) Open(frame []byte) ([]byte, error) {
	return p.in.aead.Open(nil, p.in.nonce(), frame, nil)
}

// pipe is one direction.
type pipe struct {
	aead cipher.AEAD
	next uint64
}

func newPipe(session [16]byte, info string) (pipe, error) {
	aead, err := chacha20poly1305.New(derive(session[:], info, chacha20poly1305.KeySize))
	return pipe{aead: aead}, err
}

func (p *pipe) nonce() []byte {
	n := make([]byte, chacha20poly1305.NonceSize)
	binary.LittleEndian.PutUint64(n, p.next)
	p.next++
	return n
}

// derive is HKDF-SHA-256 without salt (RFC 5869).
func derive(secret []byte, info string, size int) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, info, size)
	if err != nil {
		panic(err) // only for sizes that nobody asks for
	}
	return key
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
