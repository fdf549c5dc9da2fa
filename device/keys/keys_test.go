package keys_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/device/keys"
	"usher/device/keys/keystest"
)

func TestFileVault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	keystest.Vault(t, func() keys.Vault {
		v, err := keys.OpenFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		return v
	})
}

func TestFileVaultSaysWhatItIs(t *testing.T) {
	dir := t.TempDir()
	v, err := keys.OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p := v.Protection(); p.Tier != keys.File || p.Bound || p.Sealed || strings.Contains(p.Text(), "secure") {
		t.Errorf("it says %+v, %q", p, p.Text())
	}
	if _, err := v.Create("film"); err != nil {
		t.Fatal(err)
	}
	at, err := os.Stat(filepath.Join(dir, "film.p8"))
	if err != nil || at.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", at.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "film.p8"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Key("film"); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("a damaged file: %v", err)
	}
}

// The key and the thumbprint of RFC 9449, sections 4.1 and 6.1.
func TestThumbprint(t *testing.T) {
	p := keys.Public{
		X: point(t, "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
		Y: point(t, "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
	}
	if got, want := p.Thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if k, err := p.ECDSA(); err != nil {
		t.Error(err)
	} else if back, err := keys.PublicOf(k); err != nil || back != p {
		t.Errorf("%v, %v", back, err)
	}
	p.X[0] ^= 1
	if _, err := p.ECDSA(); err == nil {
		t.Error("a point off the curve is a key")
	}
}

func point(t *testing.T, s string) [32]byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(raw) != 32 {
		t.Fatalf("%v, %d bytes", err, len(raw))
	}
	return [32]byte(raw)
}

func TestTextOfEveryTier(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range []keys.Protection{{Tier: keys.File}, {Tier: keys.Keystore, Bound: true}, {Tier: keys.TPM, Bound: true, Sealed: true}} {
		if seen[p.Text()] {
			t.Errorf("%s says the same as another tier", p.Tier)
		}
		seen[p.Text()] = true
	}
}
