// Package jws signs what boxes verify: Ed25519 keys in PEM, their public half as
// a key set (RFC 7517), and JWS in compact form (RFC 7515). [usher/internal/rights]
// is the side that verifies.
//
// It guarantees that a key signs the same bytes for the same payload each time,
// and that a private key leaves it as PEM only, when it is made. It reads and
// writes no files, and never blocks.
package jws

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// ErrKey is a signing key that cannot be used.
var ErrKey = errors.New("not a private Ed25519 key in PEM (PKCS #8)")

// Key signs.
type Key struct {
	ID      string // its thumbprint (RFC 7638)
	private ed25519.PrivateKey
}

// NewKey makes a key, and its PEM to be kept.
func NewKey() (Key, []byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, nil, fmt.Errorf("encode key: %w", err)
	}
	return keyOf(private), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ReadKey reads the PEM of a key.
func ReadKey(data []byte) (Key, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return Key{}, ErrKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return Key{}, ErrKey
	}
	return keyOf(private), nil
}

func keyOf(private ed25519.PrivateKey) Key {
	k := Key{private: private}
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + k.x() + `"}`))
	k.ID = b64(sum[:])
	return k
}

func (k Key) x() string { return b64(k.private[ed25519.SeedSize:]) }

// Public is the key set for the configuration of boxes (RFC 7517).
func (k Key) Public() string {
	return `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"` + k.ID + `","x":"` + k.x() + `"}]}`
}

// Sign gives the JWS of a payload. typ says what it is, so that nothing else
// that the key signs can be taken for it (RFC 8725 section 3.11); it is a plain
// word.
func (k Key) Sign(typ string, payload []byte) string {
	signed := b64([]byte(`{"typ":"`+typ+`","alg":"EdDSA","kid":"`+k.ID+`"}`)) + "." + b64(payload)
	return signed + "." + b64(ed25519.Sign(k.private, []byte(signed)))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
