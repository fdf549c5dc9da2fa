package cache

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
)

// noise is n bytes that are the same in each run.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b) // never fails
	return b
}

// film puts an object of several blocks on disk, and forgets that this process
// wrote it, as after a restart.
func (f *faulty) film(t *testing.T, name string, body []byte) {
	t.Helper()
	b := NewBlob(Media, Meta{ETag: `"1"`}, body)
	defer b.Release()
	if err := f.disk.Put(KeyOf(name), b); err != nil {
		t.Fatal(err)
	}
	f.disk.shelf.nodes[KeyOf(name)].sound = false
}

// read is how many bytes were read from files.
func (f *faulty) read() int64 {
	f.files.mu.Lock()
	defer f.files.mu.Unlock()
	return f.files.read
}

// TestFirstByteWaitsForOneBlock: a range of a large object costs reading the
// blocks that hold it, once; what follows needs no copy.
func TestFirstByteWaitsForOneBlock(t *testing.T) {
	f := openFaulty(t, 8<<20)
	body := noise(20*leastBlock + 5)
	f.film(t, "a", body)
	b, err := f.disk.Get(KeyOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for _, c := range []struct{ offset, n, reads int64 }{
		{3 * leastBlock, 10, leastBlock},                     // one block
		{3*leastBlock + 7, 5, 5},                             // again: no more than was asked for
		{2*leastBlock - 1, leastBlock + 2, 2*leastBlock + 1}, // two more, and a byte of the one before
		{20 * leastBlock, 5, 5},                              // the last, short one
		{0, int64(len(body)), int64(len(body))},              // all of it
		{0, int64(len(body)), int64(len(body))},              // all of it, sound by now
		{int64(len(body)) - 1, 1, 1},
	} {
		before := f.read()
		var got bytes.Buffer
		if n, err := b.CopyRange(t.Context(), &got, c.offset, c.n); err != nil || n != c.n || !bytes.Equal(got.Bytes(), body[c.offset:c.offset+c.n]) {
			t.Fatalf("%d+%d: %d bytes, %v", c.offset, c.n, n, err)
		}
		if read := f.read() - before; read != c.reads {
			t.Errorf("%d+%d: %d bytes read, want %d", c.offset, c.n, read, c.reads)
		}
	}
	again, err := f.disk.Get(KeyOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Release()
	if again.checks != nil || !f.disk.shelf.nodes[KeyOf("a")].sound {
		t.Error("all of it was checked, and it is checked again")
	}
	if _, err := b.CopyRange(t.Context(), io.Discard, int64(len(body))-1, 2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("beyond the end: %v", err)
	}
}

// TestDamageInTheMiddle: what a reader of a large object gets before the damage
// is right and whole blocks; it is told, and the object is dropped.
func TestDamageInTheMiddle(t *testing.T) {
	const at = 5*leastBlock + 100
	for _, c := range []struct {
		name, code string
		damage     func(t *testing.T, f *faulty, path string)
	}{
		{"bad sector", DiskBroken, func(_ *testing.T, f *faulty, _ string) {
			f.files.set(func(b *badFiles) { b.reads, b.after = syscall.EIO, at })
		}},
		{"flipped bit", DiskDamaged, func(t *testing.T, _ *faulty, path string) { flip(t, path, at) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := openFaulty(t, 8<<20)
			body := noise(20 * leastBlock)
			f.film(t, "a", body)
			c.damage(t, f, f.disk.path(KeyOf("a")))
			r, fill := f.Acquire(KeyOf("a"), Media)
			if fill != nil {
				t.Fatal("it is not on disk")
			}
			defer r.Close()
			var got bytes.Buffer
			n, err := r.CopyRange(t.Context(), &got, 0, -1)
			if !errors.Is(err, ErrCorrupt) || n != int64(got.Len()) || !bytes.Equal(got.Bytes(), body[:n]) {
				t.Fatalf("%d bytes, %v; want right ones and ErrCorrupt", n, err)
			}
			if n < 4*leastBlock || n > at {
				t.Errorf("%d bytes came, the damage is at %d", n, at)
			}
			f.wantTold(t, c.code)
			if f.disk.has(KeyOf("a")) {
				t.Error("the object is still there")
			}
		})
	}
}

// flip changes a bit of a file.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFilesWithoutBlocks: what an older Usher wrote is read, and checked as a
// whole.
func TestFilesWithoutBlocks(t *testing.T) {
	f := openFaulty(t, 8<<20)
	body := noise(5 * leastBlock)
	sum := &summer{size: blockSize(int64(len(body)))}
	sum.Write(body) // never fails
	h := headerOf(KeyOf("a"), Media, Meta{Size: int64(len(body))}, sum)
	h.Block, h.Blocks = 0, nil
	head, err := h.encode()
	if err != nil {
		t.Fatal(err)
	}
	f.film(t, "a", body)
	for _, damaged := range []bool{false, true} {
		file := append(bytes.Clone(head), body...)
		if damaged {
			file[len(file)-1] ^= 1
		}
		if err := os.WriteFile(f.disk.path(KeyOf("a")), file, 0o600); err != nil {
			t.Fatal(err)
		}
		f.disk.shelf.nodes[KeyOf("a")].sound = false
		b, err := f.disk.Get(KeyOf("a"))
		if (err == nil) == damaged {
			t.Fatalf("damaged %v: Get gives %v", damaged, err)
		}
		if err == nil {
			if got, err := b.Bytes(t.Context()); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			b.Release()
		}
	}
}

// TestBlocksFitTheHeader: also those of the largest film that a box could hold.
func TestBlocksFitTheHeader(t *testing.T) {
	for _, size := range []int64{0, 1, leastBlock, leastBlock + 1, 128 << 20, 128<<20 + 1, 64 << 30} {
		n := blockCount(size, blockSize(size))
		if n > maxBlocks {
			t.Errorf("%d bytes are %d blocks", size, n)
		}
		h := fileHeader{Size: size, Block: blockSize(size), Blocks: make([]byte, 4*n)}
		if _, err := h.encode(); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if n == 0 {
			continue
		}
		h.Blocks = h.Blocks[4:] // one is missing
		b, err := h.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := readHeader(bytes.NewReader(b)); !errors.Is(err, ErrCorrupt) && len(h.Blocks) > 0 {
			t.Errorf("%d bytes with a checksum too few: %v", size, err)
		}
	}
}
