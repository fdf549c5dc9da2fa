package phone

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// What is derived from the key of a run (RFC 5869), by its info.
const (
	infoToBox   = "usher phone 1 to box"
	infoToPhone = "usher phone 1 to phone"
	infoKey     = "usher phone 1 key"   // of a new phone: the key it keeps
	infoID      = "usher phone 1 id"    // of a new phone: its name in the clear
	infoProof   = "usher phone 1 again" // of the key that a phone has, and this run's
)

const (
	keySize = 32
	idSize  = 8 // bytes; in hexadecimal it is twice as long
)

// derive makes one key of a run's.
func derive(session [16]byte, info string, size int) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, session[:], nil, info, size)
	if err != nil {
		return nil, fmt.Errorf("derive %s: %w", info, err)
	}
	return key, nil
}

// newPhone is the id and the key that both sides derive when a phone is let in.
func newPhone(session [16]byte) (id string, key []byte, err error) {
	raw, err := derive(session, infoID, idSize)
	if err != nil {
		return "", nil, err
	}
	key, err = derive(session, infoKey, keySize)
	return hex.EncodeToString(raw), key, err
}

// pipe seals or opens the frames of one direction: ChaCha20-Poly1305 (RFC 8439)
// with the number of the frame as its nonce, which is not sent.
type pipe struct {
	aead cipher.AEAD
	next uint64
}

func newPipe(session [16]byte, info string) (*pipe, error) {
	key, err := derive(session, info, chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return &pipe{aead: aead}, nil
}

// nonce is the number of the frame, little-endian.
func (p *pipe) nonce() []byte {
	n := binary.LittleEndian.AppendUint64(make([]byte, 0, chacha20poly1305.NonceSize), p.next)
	p.next++
	return append(n, 0, 0, 0, 0)
}

func (p *pipe) seal(text []byte) []byte {
	return p.aead.Seal(make([]byte, 0, len(text)+p.aead.Overhead()), p.nonce(), text, nil)
}

// errForged is a frame that the other side did not send, or not now.
var errForged = errors.New("the frame is not sealed with the key of this connection")

func (p *pipe) open(frame []byte) ([]byte, error) {
	text, err := p.aead.Open(nil, p.nonce(), frame, nil)
	if err != nil {
		return nil, errForged
	}
	return text, nil
}
