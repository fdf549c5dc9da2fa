//go:build linux

package kernel

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"usher/device/keys"
)

// ErrNone means that the kernel keeps no keys for this process.
var ErrNone = errors.New("the kernel's key retention service cannot be used")

const (
	keyType    = "user"   // one that can be read back: the kernel signs with no P-256 key itself
	maxPayload = 32 << 10 // bytes; the kernel takes 32,767
)

// Vault is the tier of the kernel's keyring.
type Vault struct{ prefix string }

var _ keys.Vault = (*Vault)(nil)

// material is what a key of the kernel's holds.
type material struct {
	Key    []byte   `json:"key"` // PKCS #8
	Secret [32]byte `json:"secret"`
}

// Open tries whether keys can be kept. prefix is before the names of its keys,
// so that two boxes on one machine do not share them.
func Open(prefix string) (*Vault, error) {
	v := &Vault{prefix: prefix + ":"}
	err := v.put("probe", []byte("probe"))
	if err == nil {
		_, err = v.get("probe")
	}
	if err == nil {
		err = v.drop("probe")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return v, nil
}

// Protection is that of memory.
func (v *Vault) Protection() keys.Protection {
	return keys.Protection{Tier: keys.Kernel, Sealed: true, Fleeting: true}
}

// Create makes a key, and has the kernel keep it.
func (v *Vault) Create(name string) (keys.Key, error) {
	if err := keys.CheckName(name); err != nil {
		return nil, err
	}
	var m material
	var err error
	if m.Key, err = keys.NewPKCS8(); err != nil {
		return nil, err
	}
	_, _ = rand.Read(m.Secret[:]) // never fails (crypto/rand)
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode key %q: %w", name, err)
	}
	if err := v.put("key:"+name, payload); err != nil {
		return nil, fmt.Errorf("keep key %q: %w", name, err)
	}
	return keys.ParsePKCS8(m.Key)
}

// Key finds a key.
func (v *Vault) Key(name string) (keys.Key, error) {
	m, err := v.material(name)
	if err != nil {
		return nil, err
	}
	return keys.ParsePKCS8(m.Key)
}

func (v *Vault) material(name string) (m material, err error) {
	if err := keys.CheckName(name); err != nil {
		return m, err
	}
	payload, err := v.get("key:" + name)
	if gone(err) {
		return m, fmt.Errorf("%w: %q", keys.ErrNoKey, name)
	}
	if err != nil {
		return m, fmt.Errorf("read key %q: %w", name, err)
	}
	if json.Unmarshal(payload, &m) != nil {
		return m, fmt.Errorf("%w: key %q", keys.ErrSealed, name)
	}
	return m, nil
}

// Delete forgets a key at once.
func (v *Vault) Delete(name string) error {
	if err := keys.CheckName(name); err != nil {
		return err
	}
	if err := v.drop("key:" + name); err != nil && !gone(err) {
		return fmt.Errorf("delete key %q: %w", name, err)
	}
	return nil
}

// Seal encrypts with the secret of a name.
func (v *Vault) Seal(name string, plain []byte) ([]byte, error) {
	m, err := v.material(name)
	if err != nil {
		return nil, err
	}
	return keys.Encrypt(m.Secret, name, plain)
}

// Unseal is the way back.
func (v *Vault) Unseal(name string, sealed []byte) ([]byte, error) {
	m, err := v.material(name)
	if err != nil {
		return nil, err
	}
	return keys.Decrypt(m.Secret, name, sealed)
}

// gone says that a key is not there any more (keyctl(2)).
func gone(err error) bool {
	return errors.Is(err, unix.ENOKEY) || errors.Is(err, unix.EKEYREVOKED) || errors.Is(err, unix.EKEYEXPIRED)
}

// possessing calls f as the possessor of this user's keys: their permissions
// are for possessors alone, and systemd gives a service a session keyring that
// does not lead to them (KeyringMode=private). The thread's keyring does.
func possessing(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, unix.KEY_SPEC_USER_KEYRING, unix.KEY_SPEC_THREAD_KEYRING, 0, 0); err != nil {
		return fmt.Errorf("reach the user's keyring: %w", err)
	}
	return f()
}

// put keeps a payload, in the place of one of the same name.
func (v *Vault) put(name string, payload []byte) error {
	return possessing(func() error {
		_, err := unix.AddKey(keyType, v.prefix+name, payload, unix.KEY_SPEC_USER_KEYRING)
		return err
	})
}

func (v *Vault) find(name string) (id int, err error) {
	return unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, keyType, v.prefix+name, 0)
}

func (v *Vault) get(name string) (payload []byte, err error) {
	err = possessing(func() error {
		id, err := v.find(name)
		if err != nil {
			return err
		}
		payload = make([]byte, maxPayload)
		n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, payload, 0)
		payload = payload[:min(max(n, 0), maxPayload)]
		return err
	})
	return payload, err
}

// drop invalidates a key: nobody finds it from now on, and the kernel wipes it.
func (v *Vault) drop(name string) error {
	return possessing(func() error {
		id, err := v.find(name)
		if err != nil {
			return err
		}
		_, err = unix.KeyctlInt(unix.KEYCTL_INVALIDATE, id, 0, 0, 0)
		return err
	})
}
