package release

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// Key signs metadata: Ed25519.
type Key struct{ private ed25519.PrivateKey }

// Public is what checks the signatures of a Key.
type Public struct{ key ed25519.PublicKey }

const (
	pemPrivate = "PRIVATE KEY" // PKCS #8
	pemPublic  = "PUBLIC KEY"  // PKIX
	maxKeyFile = 16 << 10
)

// NewKey makes a key and writes name, which only its owner can read, and
// name.pub. Neither may be there already.
func NewKey(name string) (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	pub, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	if err := create(name, pemPrivate, der, 0o600); err != nil {
		return Key{}, err
	}
	return Key{private}, create(name+".pub", pemPublic, pub, 0o644)
}

func create(name, kind string, der []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Sync(), f.Close())
}

// LoadKey reads a private key. A file that others can read is refused: it may
// be known to more people than it should.
func LoadKey(name string) (Key, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Key{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("%s can be read by others. If nobody did, run: chmod 600 %s", name, name)
	}
	der, err := load(name, pemPrivate)
	if err != nil {
		return Key{}, err
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	private, ok := k.(ed25519.PrivateKey)
	if err != nil || !ok {
		return Key{}, fmt.Errorf("%s is not an Ed25519 key of usher-release", name)
	}
	return Key{private}, nil
}

// LoadPublic reads a public key.
func LoadPublic(name string) (Public, error) {
	der, err := load(name, pemPublic)
	if err != nil {
		return Public{}, err
	}
	k, err := x509.ParsePKIXPublicKey(der)
	public, ok := k.(ed25519.PublicKey)
	if err != nil || !ok {
		return Public{}, fmt.Errorf("%s is not a public Ed25519 key", name)
	}
	return Public{public}, nil
}

func load(name, kind string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(data[:min(len(data), maxKeyFile)])
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%s is not a PEM file with one %s", name, kind)
	}
	return block.Bytes, nil
}

// Public is the key that others may know.
func (k Key) Public() Public { return Public{k.private.Public().(ed25519.PublicKey)} }
