package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/internal/bundle"
	"usher/internal/rights"
)

func written(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestABundleIsMadeByHand: a key, its key set, and a bundle that a box with that
// set reads.
func TestABundleIsMadeByHand(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key.pem")
	made := commanded(t, "bundle", "key", key)
	set, err := rights.ParseKeys([]byte(made.out))
	if err != nil || made.code != exitDone {
		t.Fatalf("%d, %v: %s%s", made.code, err, made.out, made.err)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if again := commanded(t, "bundle", "key", key); again.code != exitFailed {
		t.Errorf("a key is overwritten: %d", again.code)
	}
	now := time.Now().Unix()
	payload, _ := json.Marshal(map[string]any{"jti": "b-1", "aud": []string{"A1"}, "nbf": now, "exp": now + 3600, "seq": 1})
	site := written(t, filepath.Join(dir, "site.json"), string(payload))
	signed := commanded(t, "bundle", "sign", key, site)
	if signed.code != exitDone {
		t.Fatalf("%d: %s", signed.code, signed.err)
	}
	stick := filepath.Join(dir, "stick")
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	written(t, filepath.Join(stick, bundleFile), signed.out)
	text, err := readBundle(stick)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := bundle.Parse(text, set); err != nil || b.ID != "b-1" {
		t.Errorf("%+v, %v", b, err)
	}
	for _, words := range [][]string{
		{"bundle", "sign", site, site}, {"bundle", "sign", key, written(t, filepath.Join(dir, "bad.json"), "{}")}, {"bundle", "sign", key}, {"bundle", "open", "x"}, {"bundle"},
	} {
		if got := commanded(t, words...); got.code != exitUsage || !strings.Contains(got.err, "hint: ") {
			t.Errorf("%q: %d, %s", words, got.code, got.err)
		}
	}
}

// A stick comes from outside: no link is followed, and nothing large is read.
func TestWhatOfAStickIsNotRead(t *testing.T) {
	dir := t.TempDir()
	secret := written(t, filepath.Join(dir, "secret"), "x")
	link := filepath.Join(dir, "link.jws")
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]int{
		link:                       exitRefused,
		"/dev/zero":                exitRefused,
		filepath.Join(dir, "none"): exitUsage,
		dir:                        exitUsage,
		written(t, filepath.Join(dir, "large"), strings.Repeat("x", bundle.MaxBytes+1)): exitRefused,
		written(t, filepath.Join(dir, "empty"), ""):                                     exitRefused,
	} {
		if got := commanded(t, "apply", name); got.code != code || !strings.Contains(got.err, "hint: ") {
			t.Errorf("%s: %d, %s; want %d", name, got.code, got.err, code)
		}
	}
}
