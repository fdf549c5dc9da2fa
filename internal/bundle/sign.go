package bundle

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
)

// ErrKey is a signing key that cannot be used.
var ErrKey = errors.New("not a private Ed25519 key in PEM (PKCS #8)")

// Key signs bundles.
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

// Sign makes a bundle of what the JSON payload says. What no box would take is
// an error.
func Sign(payload []byte, k Key) (string, error) {
	b, err := decode(payload)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return "", fmt.Errorf("encode bundle: %w", err)
	}
	signed := b64([]byte(`{"typ":"`+Type+`","alg":"EdDSA","kid":"`+k.ID+`"}`)) + "." + b64(body)
	compact := signed + "." + b64(ed25519.Sign(k.private, []byte(signed)))
	if len(compact) > MaxBytes {
		return "", fmt.Errorf("%w: %d bytes, and %d are the most; sign fewer boxes at once", ErrDamaged, len(compact), MaxBytes)
	}
	return compact, nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
