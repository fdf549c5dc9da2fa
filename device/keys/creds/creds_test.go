package creds

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"usher/device/keys"
	"usher/device/keys/keystest"
)

// vault opens the tier, where this system has it.
func vault(t *testing.T, dir string) *Vault {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip("SKIP: systemd-creds is not installed; make test installs it (systemd)")
	}
	v, err := Open(dir)
	if errors.Is(err, ErrNone) {
		t.Skipf("SKIP: systemd-creds cannot be used here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVault(t *testing.T) {
	dir := t.TempDir()
	vault(t, dir)
	keystest.Vault(t, func() keys.Vault { return vault(t, dir) })
}

// TestNothingReadableIsStored: neither key nor secret is in the folder, and a
// credential of another name is not taken.
func TestNothingReadableIsStored(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	if _, err := v.Create("one"); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(v.path("one"))
	if err != nil {
		t.Fatal(err)
	}
	m := v.open["one"]
	if bytes.Contains(raw, m.PKCS8) || bytes.Contains(raw, m.Secret[:]) || bytes.Contains(raw, []byte(`"key"`)) {
		t.Error("the credential can be read")
	}
	if err := os.WriteFile(filepath.Join(dir, "two.cred"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault(t, dir).Key("two"); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("another one's credential: %v", err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(v.path("one"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault(t, dir).Key("one"); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("a damaged credential: %v", err)
	}
}
