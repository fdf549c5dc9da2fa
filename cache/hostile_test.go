package cache

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestOldReaderLeavesTheNewObject: somebody still reads a damaged file when a
// good one has taken its place. What he finds is about the old one.
func TestOldReaderLeavesTheNewObject(t *testing.T) {
	f := openFaulty(t, 8<<20)
	k, body := KeyOf("a"), noise(4*leastBlock)
	f.film(t, "a", body)
	flip(t, f.disk.path(k), 3*leastBlock+1000)
	old, err := f.disk.Get(k)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Release()
	f.film(t, "a", body)
	var got bytes.Buffer
	if _, err := old.CopyRange(t.Context(), &got, 0, -1); !errors.Is(err, ErrCorrupt) || !bytes.HasPrefix(body, got.Bytes()) {
		t.Errorf("the old one: %d bytes, %v", got.Len(), err)
	}
	now, err := f.disk.Get(k)
	if err != nil {
		t.Fatalf("the new one: %v", err)
	}
	defer now.Release()
	if b, err := now.Bytes(t.Context()); err != nil || !bytes.Equal(b, body) {
		t.Errorf("the new one: %d bytes, %v", len(b), err)
	}
}

// meddling files call sync when the folder is synced.
type meddling struct {
	osFiles
	sync func()
}

func (m *meddling) syncFolder(folder string) error {
	m.sync()
	return m.osFiles.syncFolder(folder)
}

// TestRemovedWhileWritten: an object that is removed when its file has just
// taken its place is gone from the books too.
func TestRemovedWhileWritten(t *testing.T) {
	files := &meddling{sync: func() {}}
	f := openFaulty(t, 8<<20)
	f.disk.files = files
	k, b := KeyOf("a"), NewBlob(Art, Meta{}, []byte("picture"))
	defer b.Release()
	files.sync = func() {
		if err := f.disk.Remove(k); err != nil {
			t.Error(err)
		}
	}
	if err := f.disk.Put(k, b); err != nil {
		t.Fatal(err)
	}
	if u := f.disk.Usage(); u.Objects != 0 || u.Bytes != 0 {
		t.Errorf("%d objects of %d bytes on the books", u.Objects, u.Bytes)
	}
	if _, err := os.Stat(f.disk.path(k)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

// TestLongHeaderIsNotTheDisksFault: what a service says at length is not kept,
// and nobody is told that the disk is broken.
func TestLongHeaderIsNotTheDisksFault(t *testing.T) {
	f := openFaulty(t, 8<<20)
	b := NewBlob(Art, Meta{ETag: strings.Repeat("e", maxFileHeader)}, []byte("picture"))
	defer b.Release()
	if err := f.disk.Put(KeyOf("a"), b); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, want %v", err, ErrTooLarge)
	}
	if p, bad := f.disk.Problem(); bad {
		t.Errorf("problem %+v", p)
	}
	if m := f.disk.means(0); m.resting {
		t.Error("the disk is left alone")
	}
}
