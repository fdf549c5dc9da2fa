package tpm_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"usher/device/keys"
	"usher/device/keys/keystest"
	"usher/device/keys/tpm"
)

func open(t *testing.T, socket, dir string) *tpm.Vault {
	t.Helper()
	v, err := tpm.Open(socket, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func TestVault(t *testing.T) {
	socket, _ := keystest.StartTPM(t, t.TempDir())
	dir := t.TempDir()
	var all []*tpm.Vault
	keystest.Vault(t, func() keys.Vault {
		for _, v := range all { // without a resource manager they share three places
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, open(t, socket, dir))
		return all[len(all)-1]
	})
	v := all[0]
	if p := v.Protection(); p.Tier != keys.TPM || !p.Bound || !p.Sealed {
		t.Errorf("it says of itself %+v", p)
	}
}

// The disk of one box in another one: neither key nor seal is of any use.
func TestStolenDisk(t *testing.T) {
	home, _ := keystest.StartTPM(t, t.TempDir())
	thief, _ := keystest.StartTPM(t, t.TempDir())
	dir := t.TempDir()
	v := open(t, home, dir)
	if _, err := v.Create("film"); err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal("film", []byte("token"))
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, thief, dir)
	if _, err := w.Key("film"); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("the other box has the key: %v", err)
	}
	if _, err := w.Unseal("film", sealed); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("the other box unseals: %v", err)
	}
}

// A TPM that was reset has forgotten what was loaded, and one that was
// restarted is the same TPM.
func TestTPMStartsAgain(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	socket, stop := keystest.StartTPM(t, state)
	k, err := open(t, socket, dir).Create("film")
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := k.Sign([32]byte{1}); err == nil {
		t.Error("it signs without the TPM")
	}
	socket, _ = keystest.StartTPM(t, state)
	again, err := open(t, socket, dir).Key("film")
	if err != nil {
		t.Fatal(err)
	}
	if again.Public() != k.Public() {
		t.Error("it is another key after a restart")
	}
	keystest.Signs(t, again)
}

func TestNoTPM(t *testing.T) {
	_, err := tpm.Open(filepath.Join(t.TempDir(), "none"), t.TempDir())
	if !errors.Is(err, tpm.ErrNone) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a TPM: %v", err)
	}
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tpm.Open(plain, t.TempDir()); !errors.Is(err, tpm.ErrNone) {
		t.Errorf("a file as a TPM: %v", err)
	}
}

func TestDamagedFile(t *testing.T) {
	socket, _ := keystest.StartTPM(t, t.TempDir())
	dir := t.TempDir()
	v := open(t, socket, dir)
	for _, text := range []string{"", "{", "{}", `{"sign":{"public":"AAA=","private":"AAA="}}`} {
		if err := os.WriteFile(filepath.Join(dir, "film.tpm"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := v.Key("film")
		if _, err2 := v.Unseal("film", []byte("x")); !errors.Is(err, keys.ErrSealed) || !errors.Is(err2, keys.ErrSealed) {
			t.Errorf("%q: %v, %v", text, err, err2)
		}
	}
}
