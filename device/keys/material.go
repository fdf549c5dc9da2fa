package keys

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
)

// Material is what a tier keeps whose keys are used in the memory of this
// process: a key, and a secret that seals what is stored beside it.
type Material struct {
	PKCS8  []byte   `json:"key"`
	Secret [32]byte `json:"secret"`
}

// NewMaterial makes a P-256 key and a secret.
func NewMaterial() (*Material, error) {
	raw, err := NewPKCS8()
	if err != nil {
		return nil, err
	}
	m := &Material{PKCS8: raw}
	_, _ = rand.Read(m.Secret[:]) // never fails (crypto/rand)
	return m, nil
}

// Encode is what ParseMaterial reads. It is to be kept secret.
func (m *Material) Encode() ([]byte, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return raw, nil
}

// ParseMaterial reads what Encode wrote, or gives ErrSealed.
func ParseMaterial(raw []byte) (*Material, error) {
	m := &Material{}
	if json.Unmarshal(raw, m) != nil {
		return nil, fmt.Errorf("%w: not a key", ErrSealed)
	}
	return m, nil
}

// Soft is what follows for a tier from where its material is. Find gives
// ErrNoKey, ErrSealed or ErrName as [Vault] says.
type Soft struct {
	Find func(name string) (*Material, error)
}

// Key finds a key.
func (s Soft) Key(name string) (Key, error) {
	m, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	return ParsePKCS8(m.PKCS8)
}

// Seal encrypts with the secret of a name.
func (s Soft) Seal(name string, plain []byte) ([]byte, error) {
	m, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	return Encrypt(m.Secret, name, plain)
}

// Unseal is the way back.
func (s Soft) Unseal(name string, sealed []byte) ([]byte, error) {
	m, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	return Decrypt(m.Secret, name, sealed)
}
