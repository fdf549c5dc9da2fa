package wipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// filled makes files in a folder.
func filled(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		name := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("guest"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func left(t *testing.T, dirs ...string) string {
	t.Helper()
	list, err := Left(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range list {
		names = append(names, filepath.Base(f.Path))
	}
	return strings.Join(names, " ")
}

func keepLock(p string) bool { return p == "lock" || strings.HasPrefix(p, "accounts/owed") }

func TestWipe(t *testing.T) {
	state, cache := t.TempDir(), t.TempDir()
	filled(t, state, "lock", "state.db", "accounts/demo.account", "accounts/owed.graves", "keys/file/demo.p8")
	filled(t, cache, "objects/1", "catalogues/demo.json")
	want := Order{Factory: true, At: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Kept: map[string]string{"keys.tier": "tpm"}}
	if err := Give(state, want); err != nil {
		t.Fatal(err)
	}
	got, there, err := Pending(state)
	if err != nil || !there || got.Factory != want.Factory || !got.At.Equal(want.At) || got.Kept["keys.tier"] != "tpm" {
		t.Fatalf("the order reads back as %+v, %v, %v", got, there, err)
	}
	for range 2 { // a power cut in between is once more
		if err := CarryOut(state, keepLock, cache, filepath.Join(cache, "none")); err != nil {
			t.Fatal(err)
		}
	}
	if l := left(t, state, cache); l != "owed.graves lock wipe.order" {
		t.Errorf("left: %s", l)
	}
	if _, err := os.Stat(filepath.Join(state, "keys")); err == nil {
		t.Error("an empty folder is left")
	}
	if err := Forget(state); err != nil {
		t.Fatal(err)
	}
	if _, there, err := Pending(state); there || err != nil {
		t.Errorf("the order is still there: %v %v", there, err)
	}
}

// TestAnOrderThatCannotBeReadIsOne: half a file is somebody's wish all the same.
func TestAnOrderThatCannotBeReadIsOne(t *testing.T) {
	state := t.TempDir()
	filled(t, state, orderFile)
	o, there, err := Pending(state)
	if err != nil || !there || !o.Factory {
		t.Errorf("%+v, %v, %v", o, there, err)
	}
}

// TestWipeLeavesTheRestOfTheWorldAlone: a link in the folder is removed, not
// followed.
func TestWipeLeavesTheRestOfTheWorldAlone(t *testing.T) {
	state, outside := t.TempDir(), t.TempDir()
	filled(t, outside, "precious")
	if err := os.Symlink(outside, filepath.Join(state, "link")); err != nil {
		t.Fatal(err)
	}
	if err := CarryOut(state, func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if l := left(t, outside, state); l != "precious" {
		t.Errorf("left: %s", l)
	}
}
