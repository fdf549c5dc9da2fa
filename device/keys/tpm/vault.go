package tpm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"

	"usher/device/keys"
	"usher/internal/durable"
)

// DefaultDevice is the kernel's resource manager.
const DefaultDevice = "/dev/tpmrm0"

// ErrNone means that there is no TPM, or that the daemon may not use it; the
// next tier is to be taken only if the box never had one.
var ErrNone = errors.New("no TPM 2.0 that answers")

// Vault is the TPM tier.
type Vault struct {
	device string
	dir    string

	mu   sync.Mutex
	conn transport.TPMCloser // nil until needed, and after an error
	root root
}

var _ keys.Vault = (*Vault)(nil)

// Open makes the folder if need be and asks the TPM for its storage root key.
// device is a character device or a unix socket; "" is [DefaultDevice].
func Open(device, dir string) (*Vault, error) {
	if device == "" {
		device = DefaultDevice
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	if err := durable.Sweep(dir); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	v := &Vault{device: device, dir: dir}
	if err := v.use(func(session) error { return nil }); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return v, nil
}

// Close lets go of the TPM.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.drop()
}

// Protection is all there is.
func (v *Vault) Protection() keys.Protection {
	return keys.Protection{Tier: keys.TPM, Bound: true, Sealed: true}
}

// session is the TPM with its root key, for one call.
type session struct {
	tpm  transport.TPM
	root root
}

// use does one thing with the TPM, and once more on a new connection if it
// fails.
func (v *Vault) use(do func(session) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.try(do)
	if err == nil {
		return nil
	}
	_ = v.drop() // what is wrong with it was told
	return v.try(do)
}

func (v *Vault) try(do func(session) error) error {
	if v.conn == nil {
		if err := v.connect(); err != nil {
			return err
		}
	}
	return do(session{v.conn, v.root})
}

func (v *Vault) connect() (err error) {
	conn, err := dial(v.device)
	if err != nil {
		return err
	}
	r, err := makeRoot(conn)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	v.conn, v.root = conn, r
	return nil
}

func dial(device string) (transport.TPMCloser, error) {
	at, err := os.Stat(device)
	if err != nil {
		return nil, err
	}
	if at.Mode()&os.ModeSocket != 0 {
		return linuxudstpm.Open(device)
	}
	return linuxtpm.Open(device)
}

func (v *Vault) drop() error {
	if v.conn == nil {
		return nil
	}
	conn := v.conn
	v.conn = nil
	return errors.Join(flush(conn, v.root.handle), conn.Close())
}

// stored is the file of one name: objects wrapped by the TPM.
type stored struct {
	Sign blob `json:"sign"`
	Seal blob `json:"seal"`
}

func (v *Vault) path(name string) string { return filepath.Join(v.dir, name+".tpm") }

// Create makes both objects and stores them.
func (v *Vault) Create(name string) (keys.Key, error) {
	if err := keys.CheckName(name); err != nil {
		return nil, err
	}
	var s stored
	err := v.use(func(t session) (err error) {
		if s.Sign, err = t.createKey(); err != nil {
			return err
		}
		s.Seal, err = t.createSecret()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make key %q: %w", name, err)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode key %q: %w", name, err)
	}
	if err := durable.Replace(v.path(name), raw); err != nil {
		return nil, fmt.Errorf("store key %q: %w", name, err)
	}
	return v.key(name, s)
}

// Key finds a key and tries it: one of another TPM is keys.ErrSealed.
func (v *Vault) Key(name string) (keys.Key, error) {
	s, err := v.read(name)
	if err != nil {
		return nil, err
	}
	k, err := v.key(name, s)
	if err != nil {
		return nil, err
	}
	if _, err := k.Sign([32]byte{}); err != nil {
		return nil, err
	}
	return k, nil
}

func (v *Vault) key(name string, s stored) (*key, error) {
	p, err := s.Sign.public()
	if err != nil {
		return nil, fmt.Errorf("%w: key %q: %w", keys.ErrSealed, name, err)
	}
	return &key{vault: v, name: name, blob: s.Sign, public: p}, nil
}

func (v *Vault) read(name string) (s stored, err error) {
	if err := keys.CheckName(name); err != nil {
		return s, err
	}
	raw, err := durable.Read(v.path(name), 16<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w: %q", keys.ErrNoKey, name)
	}
	if err != nil {
		return s, fmt.Errorf("read key %q: %w", name, err)
	}
	if json.Unmarshal(raw, &s) != nil {
		return s, fmt.Errorf("%w: the file of key %q", keys.ErrSealed, name)
	}
	return s, nil
}

// Delete removes the only copy of both objects.
func (v *Vault) Delete(name string) error {
	if err := keys.CheckName(name); err != nil {
		return err
	}
	return durable.Remove(v.path(name))
}

// Seal encrypts with the name's secret.
func (v *Vault) Seal(name string, plain []byte) ([]byte, error) {
	secret, err := v.secret(name)
	if err != nil {
		return nil, err
	}
	return keys.Encrypt(secret, name, plain)
}

// Unseal decrypts with the name's secret.
func (v *Vault) Unseal(name string, sealed []byte) ([]byte, error) {
	secret, err := v.secret(name)
	if err != nil {
		return nil, err
	}
	return keys.Decrypt(secret, name, sealed)
}

func (v *Vault) secret(name string) (secret [32]byte, err error) {
	s, err := v.read(name)
	if err != nil {
		return secret, err
	}
	err = v.use(func(t session) error {
		secret, err = t.unseal(s.Seal)
		return err
	})
	return secret, about(name, err)
}

// key is a signing key in the TPM.
type key struct {
	vault  *Vault
	name   string
	blob   blob
	public keys.Public
}

func (k *key) Public() keys.Public { return k.public }

func (k *key) Sign(sum [32]byte) (sig [64]byte, err error) {
	err = k.vault.use(func(t session) error {
		sig, err = t.sign(k.blob, sum)
		return err
	})
	return sig, about(k.name, err)
}

func about(name string, err error) error {
	if err != nil {
		return fmt.Errorf("key %q: %w", name, err)
	}
	return nil
}
