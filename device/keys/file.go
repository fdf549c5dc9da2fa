package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"usher/internal/durable"
)

// FileVault keeps keys in a folder, one file of mode 0600 each (PKCS #8). It
// seals nothing: a secret beside the lock would only look like one.
type FileVault struct{ dir string }

var _ Vault = (*FileVault)(nil)

// OpenFile makes the folder if need be.
func OpenFile(dir string) (*FileVault, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return &FileVault{dir: dir}, durable.Sweep(dir)
}

// Protection is none but the file's mode.
func (v *FileVault) Protection() Protection { return Protection{Tier: File} }

func (v *FileVault) path(name string) string { return filepath.Join(v.dir, name+".p8") }

// Create makes a key with crypto/ecdsa.
func (v *FileVault) Create(name string) (Key, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	raw, err := NewPKCS8()
	if err != nil {
		return nil, err
	}
	if err := durable.Replace(v.path(name), raw); err != nil {
		return nil, fmt.Errorf("store key %q: %w", name, err)
	}
	return ParsePKCS8(raw)
}

// NewPKCS8 makes a P-256 key, for tiers that keep it in the memory of the
// process, in the form of PKCS #8 (RFC 5208).
func NewPKCS8() ([]byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return raw, nil
}

// ParsePKCS8 is the key that NewPKCS8 made, or ErrSealed.
func ParsePKCS8(raw []byte) (Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(raw)
	private, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: not a key", ErrSealed)
	}
	return newFileKey(private)
}

// Key reads a key.
func (v *FileVault) Key(name string) (Key, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	raw, err := durable.Read(v.path(name), 4<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %q", ErrNoKey, name)
	}
	if err != nil {
		return nil, fmt.Errorf("read key %q: %w", name, err)
	}
	return ParsePKCS8(raw)
}

// Delete removes the file.
func (v *FileVault) Delete(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	return durable.Remove(v.path(name))
}

// Seal gives back a copy of what it was given.
func (v *FileVault) Seal(_ string, plain []byte) ([]byte, error) {
	return append([]byte(nil), plain...), nil
}

// Unseal gives back a copy of what it was given.
func (v *FileVault) Unseal(_ string, sealed []byte) ([]byte, error) {
	return append([]byte(nil), sealed...), nil
}

type fileKey struct {
	private *ecdsa.PrivateKey
	public  Public
}

func newFileKey(k *ecdsa.PrivateKey) (Key, error) {
	p, err := PublicOf(&k.PublicKey)
	if err != nil {
		return nil, err
	}
	return &fileKey{private: k, public: p}, nil
}

func (k *fileKey) Public() Public { return k.public }

func (k *fileKey) Sign(sum [32]byte) (sig [64]byte, err error) {
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return sig, fmt.Errorf("sign: %w", err)
	}
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig, nil
}
