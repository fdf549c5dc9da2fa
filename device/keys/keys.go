package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// The errors of a vault; each comes with more words.
var (
	ErrNoKey  = errors.New("the box has no such key")
	ErrSealed = errors.New("sealed by another box, or damaged")
	ErrName   = errors.New("the name of a key is 1 to 64 of a-z, 0-9, '-' and '.', and begins with a letter or digit")
)

// Vault is a tier. Names are checked with [CheckName].
type Vault interface {
	// Create makes a key, in the place of one of the same name.
	Create(name string) (Key, error)
	// Key finds a key, or ErrNoKey; ErrSealed if it is another box's.
	Key(name string) (Key, error)
	// Delete forgets a key for good. Without one it does nothing.
	Delete(name string) error
	// Seal makes data readable with the key of this name only, as far as
	// Protection says so.
	Seal(name string, plain []byte) ([]byte, error)
	// Unseal is the way back, or ErrSealed.
	Unseal(name string, sealed []byte) ([]byte, error)
	// Protection says what the tier is worth.
	Protection() Protection
}

// Key signs for one name.
type Key interface {
	Public() Public
	// Sign signs a SHA-256 sum; the signature is r and s, as in ES256 (RFC 7518
	// section 3.4).
	Sign(sum [32]byte) ([64]byte, error)
}

// Tier is a kind of vault.
type Tier string

// The tiers.
const (
	TPM      Tier = "tpm"
	Keystore Tier = "keystore"
	Systemd  Tier = "systemd"
	Kernel   Tier = "kernel"
	File     Tier = "file"
)

// Protection is what a tier is worth.
type Protection struct {
	Tier Tier
	// Bound: the keys cannot leave this box, not with its disk either.
	Bound bool
	// Sealed: what is stored beside them cannot be read without this box.
	Sealed bool
	// Fleeting: the keys are gone when the box is switched off, and with them
	// what was sealed.
	Fleeting bool
}

// Text says it in a sentence or two.
func (p Protection) Text() string {
	switch {
	case p.Bound && p.Sealed:
		return "The keys cannot leave this box, and the tokens are sealed: a stolen disk is worth nothing."
	case p.Fleeting:
		return "Keys and tokens are in the kernel's memory only: a stolen disk is worth nothing, and after a restart the box has to be paired again. Who is root while it is on can use the account."
	case p.Tier == Systemd && p.Sealed:
		return "Keys and tokens are encrypted by systemd with this box's TPM: a stolen disk is worth nothing."
	case p.Tier == Systemd:
		return "Keys and tokens are encrypted by systemd with a secret of this system: a copy of them is worth nothing elsewhere, but who takes the whole disk can use the account until it is unpaired."
	case p.Bound:
		return "The keys cannot leave this box, so that tokens from a stolen disk are of no use elsewhere."
	}
	return "Keys and tokens are in files that only the daemon may read: who takes the disk, or is root, can use the account until it is unpaired."
}

// Public is a P-256 public key.
type Public struct{ X, Y [32]byte }

// PublicOf takes a key of crypto/ecdsa; its curve must be P-256.
func PublicOf(k *ecdsa.PublicKey) (Public, error) {
	raw, err := k.Bytes() // 4, X, Y (SEC 1 section 2.3.3)
	if err != nil || k.Curve != elliptic.P256() || len(raw) != 65 {
		return Public{}, fmt.Errorf("%w: not a key of P-256", ErrNoKey)
	}
	return Public{X: [32]byte(raw[1:33]), Y: [32]byte(raw[33:])}, nil
}

// ECDSA is the key for crypto/ecdsa. A point that is not on the curve is an
// error.
func (p Public) ECDSA() (*ecdsa.PublicKey, error) {
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, p.X[:]...), p.Y[:]...))
}

// JWK is the key in the form that its thumbprint is made of (RFC 7638 section
// 3.2).
func (p Public) JWK() string {
	b := base64.RawURLEncoding
	return `{"crv":"P-256","kty":"EC","x":"` + b.EncodeToString(p.X[:]) + `","y":"` + b.EncodeToString(p.Y[:]) + `"}`
}

// Thumbprint is the SHA-256 thumbprint of the JWK in base64url: "jkt" in
// tokens and leases.
func (p Public) Thumbprint() string {
	sum := sha256.Sum256([]byte(p.JWK()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CheckName refuses what is no name of a key, a path above all.
func CheckName(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	if len(name) < 1 || len(name) > 64 || !strings.Contains(letters, name[:1]) || strings.Trim(name, letters+"-.") != "" {
		return fmt.Errorf("%w: %.80q", ErrName, name)
	}
	return nil
}

// Encrypt seals with AES-256-GCM for the tiers that keep a secret of their
// own. The name is authenticated, so that one account's file cannot stand in
// for another's.
func Encrypt(secret [32]byte, name string, plain []byte) ([]byte, error) {
	a, err := aead(secret)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, plain, []byte(name)), nil
}

// Decrypt is the way back, or ErrSealed.
func Decrypt(secret [32]byte, name string, sealed []byte) ([]byte, error) {
	a, err := aead(secret)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrSealed, name)
	}
	return plain, nil
}

func aead(secret [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
