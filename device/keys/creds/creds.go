// Package creds is a keys.Vault whose files are encrypted by systemd
// (systemd-creds(1), systemd 250 or later): with a secret of this system, and
// with its TPM 2.0 as well where there is one.
//
// Each name is one credential: a P-256 key and a random secret that seals what
// is stored beside it. A copy of the folder is worth nothing elsewhere. Without
// a TPM the system's secret is on the same disk, so a stolen disk is not
// protected, and [Vault.Protection] says so. Keys are in this process's memory
// while it runs.
//
// Calls block for the program systemd-creds, tenths of a second, where a key is
// made or first used; at most one runs at a time. Nothing is logged, and no
// secret is on a command line.
package creds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"usher/device/keys"
	"usher/internal/durable"
)

const (
	program   = "systemd-creds"
	patience  = 20 * time.Second // for one run; a TPM is slow
	maxStored = 64 << 10         // bytes of a credential
	prefix    = "usher."         // of the names of credentials, so that one for something else is not taken
)

// ErrNone means that systemd cannot encrypt for this process.
var ErrNone = errors.New("systemd-creds cannot be used")

// Vault is the tier of systemd.
type Vault struct {
	keys.Soft
	dir string
	tpm bool

	mu   sync.Mutex
	open map[string]*keys.Material // by name, decrypted
}

var _ keys.Vault = (*Vault)(nil)

// Open makes the folder if need be, and has something encrypted and decrypted:
// a system that cannot do both has no such tier.
func Open(dir string) (*Vault, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	if err := durable.Sweep(dir); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	v := &Vault{dir: dir, open: map[string]*keys.Material{}}
	v.Find = v.material
	_, err := run(nil, "has-tpm2", "--quiet")
	v.tpm = err == nil
	sealed, err := v.encrypt("probe", []byte("probe"))
	if err != nil {
		return nil, err
	}
	if plain, err := v.decrypt("probe", sealed); err != nil || string(plain) != "probe" {
		return nil, fmt.Errorf("%w: what it encrypts it does not decrypt", ErrNone)
	}
	return v, nil
}

// Protection depends on the TPM.
func (v *Vault) Protection() keys.Protection {
	return keys.Protection{Tier: keys.Systemd, Sealed: v.tpm}
}

// run runs systemd-creds with something to read.
func run(in []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errs
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if err := cmd.Run(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(errs.String()), "\n")
		return nil, fmt.Errorf("%w: %w: %.200s", ErrNone, err, first)
	}
	return out.Bytes(), nil
}

func (v *Vault) encrypt(name string, plain []byte) ([]byte, error) {
	with := "host"
	if v.tpm {
		with = "host+tpm2"
	}
	return run(plain, "encrypt", "--quiet", "--with-key="+with, "--name="+prefix+name, "-", "-")
}

func (v *Vault) decrypt(name string, sealed []byte) ([]byte, error) {
	return run(sealed, "decrypt", "--quiet", "--name="+prefix+name, "-", "-")
}

func (v *Vault) path(name string) string { return filepath.Join(v.dir, name+".cred") }

// Create makes a key, and has systemd encrypt it.
func (v *Vault) Create(name string) (keys.Key, error) {
	if err := keys.CheckName(name); err != nil {
		return nil, err
	}
	m, err := keys.NewMaterial()
	if err != nil {
		return nil, err
	}
	plain, err := m.Encode()
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	sealed, err := v.encrypt(name, plain)
	if err != nil {
		return nil, err
	}
	if err := durable.Replace(v.path(name), sealed); err != nil {
		return nil, fmt.Errorf("store key %q: %w", name, err)
	}
	v.open[name] = m
	return keys.ParsePKCS8(m.PKCS8)
}

// material gives what a credential holds, decrypted once.
func (v *Vault) material(name string) (*keys.Material, error) {
	if err := keys.CheckName(name); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if m := v.open[name]; m != nil {
		return m, nil
	}
	sealed, err := durable.Read(v.path(name), maxStored)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %q", keys.ErrNoKey, name)
	}
	if err != nil {
		return nil, fmt.Errorf("read key %q: %w", name, err)
	}
	plain, err := v.decrypt(name, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: key %q: %w", keys.ErrSealed, name, err)
	}
	m, err := keys.ParseMaterial(plain)
	if err != nil {
		return nil, fmt.Errorf("read key %q: %w", name, err)
	}
	v.open[name] = m
	return m, nil
}

// Delete forgets a key.
func (v *Vault) Delete(name string) error {
	if err := keys.CheckName(name); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, name)
	return durable.Remove(v.path(name))
}
