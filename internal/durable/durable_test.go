package durable_test

import (
	"os"
	"path/filepath"
	"testing"

	"usher/internal/durable"
)

func TestReplaceReadRemove(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	for _, text := range []string{"one", "two and more", ""} {
		must(t, durable.Replace(name, []byte(text)))
		if got, err := durable.Read(name, 12); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	at, err := os.Stat(name)
	must(t, err)
	if at.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", at.Mode())
	}
	must(t, durable.Remove(name))
	must(t, durable.Remove(name))
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v are left", left, err)
	}
}

func TestReadHasALimit(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	must(t, durable.Replace(name, []byte("four")))
	if _, err := durable.Read(name, 3); err == nil {
		t.Error("a file that is too long is read")
	}
}

func TestAFailedReplaceLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "folder")
	must(t, os.MkdirAll(filepath.Join(name, "full"), 0o700))
	if durable.Replace(name, []byte("x")) == nil {
		t.Error("a folder was replaced by a file")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v are left", left, err)
	}
}

func TestSweepRemovesWhatAPowerCutLeft(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, ".new-123"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "kept"), nil, 0o600))
	must(t, durable.Sweep(dir))
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != "kept" {
		t.Errorf("%v, %v are left", left, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
