//go:build linux

package kernel

import (
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
type Vault struct {
	keys.Soft
	prefix string
}

var _ keys.Vault = (*Vault)(nil)

// Open tries whether keys can be kept. prefix is before the names of its keys,
// so that two boxes on one machine do not share them.
func Open(prefix string) (*Vault, error) {
	v := &Vault{prefix: prefix + ":"}
	v.Find = v.material
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
	m, err := keys.NewMaterial()
	if err != nil {
		return nil, err
	}
	payload, err := m.Encode()
	if err != nil {
		return nil, err
	}
	if err := v.put("key:"+name, payload); err != nil {
		return nil, fmt.Errorf("keep key %q: %w", name, err)
	}
	return keys.ParsePKCS8(m.PKCS8)
}

func (v *Vault) material(name string) (*keys.Material, error) {
	if err := keys.CheckName(name); err != nil {
		return nil, err
	}
	payload, err := v.get("key:" + name)
	if gone(err) {
		return nil, fmt.Errorf("%w: %q", keys.ErrNoKey, name)
	}
	if err != nil {
		return nil, fmt.Errorf("read key %q: %w", name, err)
	}
	m, err := keys.ParseMaterial(payload)
	if err != nil {
		return nil, fmt.Errorf("read key %q: %w", name, err)
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
