//go:build linux

package abslots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

// strict is a slot that knows what was not flushed yet, chunk by chunk.
type strict struct {
	mu      sync.Mutex
	b       []byte
	chunk   int64
	dirty   map[int64]bool
	early   []int64 // chunks that were read before they were flushed
	flushes int
	spoil   int64 // a place that keeps nothing; -1: there is none
}

func (s *strict) ReadAt(b []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dirty[at/s.chunk] {
		s.early = append(s.early, at/s.chunk)
	}
	return copy(b, s.b[at:]), nil
}

func (s *strict) WriteAt(b []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty[at/s.chunk] = true
	n := copy(s.b[at:], b)
	if s.spoil >= at && s.spoil < at+int64(n) {
		s.b[s.spoil] ^= 1
	}
	return n, nil
}

func (s *strict) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.dirty)
	s.flushes++
	return nil
}

func (s *strict) Size() int64 { return int64(len(s.b)) }

// Start and Finish are nothing: what is flushed is flushed by whoever proves.
func (*strict) Start(int64, int64) error  { return nil }
func (*strict) Finish(int64, int64) error { return nil }

// What is read again was flushed before, also while more is written; and what the
// medium gives back otherwise is found, in the first part and in the last.
func TestProvedWhileMoreIsWritten(t *testing.T) {
	const chunk, size = 1 << 20, proveAfter + proveAfter/4
	img := bytes.Repeat(firmwaretest.Image(7, 64<<10), size/(64<<10))
	rel := firmwaretest.Describe("2", 2, "test", img[:1])
	rel.Size, rel.Chunk, rel.Chunks = size, chunk, nil
	sum := firmware.Sum(sha256.Sum256(img[:chunk]))
	for range size / chunk {
		rel.Chunks = append(rel.Chunks, sum)
	}
	for name, spoil := range map[string]int64{"sound": -1, "spoilt at the beginning": 3, "spoilt at the end": size - 3} {
		t.Run(name, func(t *testing.T) {
			m := &strict{b: make([]byte, size), chunk: chunk, dirty: map[int64]bool{}, spoil: spoil}
			s := rig(firmwaretest.NewDisk(factory(t)), 0, faulty{})
			s.opt.Images[1] = m
			err := s.Write(t.Context(), rel, same{img[:chunk]}, nil)
			if least := map[bool]int{true: 2, false: 3}[name == "spoilt at the beginning"]; len(m.early) > 0 || m.flushes < least { // before, after proveAfter, and at the end
				t.Errorf("%d flushes; read before: %v", m.flushes, m.early)
			}
			if spoil < 0 && (err != nil || !bytes.Equal(m.b, img)) {
				t.Errorf("not written: %v", err)
			}
			if e, ok := errors.AsType[*firmware.Error](err); spoil >= 0 && (!ok || e.Reason != firmware.Damaged || states2(t, s)["b"].State != firmware.Empty) {
				t.Errorf("%v", err)
			}
		})
	}
}

// same is a source all of whose chunks are the same.
type same struct{ chunk []byte }

func (s same) Chunk(_ context.Context, _ int, into []byte) error {
	copy(into, s.chunk)
	return nil
}

// What goes past the page cache and what does not are the same file.
func TestPastThePageCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slot")
	img := firmwaretest.Image(3, 1<<20)
	if err := os.WriteFile(path, make([]byte, len(img)), 0o600); err != nil {
		t.Fatal(err)
	}
	f := opened(t, filepath.Dir(path), "slot")
	if f.direct == nil {
		t.Log("this file system has nothing but the page cache")
	}
	for at := 0; at < len(img); { // whole sectors and others, after each other
		n := min([]int{256 << 10, 1000, sector, 3096}[at/1000%4], len(img)-at)
		buf := append(make([]byte, 0, 256<<10), img[at:at+n]...)
		if _, err := f.WriteAt(buf, int64(at)); err != nil {
			t.Fatal(err)
		}
		for word, read := range map[string]func([]byte, int64) (int, error){"read": f.ReadAt, "read again": f.ReadAgain} {
			back := make([]byte, n)
			if _, err := read(back, int64(at)); err != nil || !bytes.Equal(back, buf) {
				t.Fatalf("%d bytes at %d, %s, are others: %v", n, at, word, err)
			}
		}
		at += n
	}
	odd := make([]byte, sector+1)[1:] // memory that does not suit a disk
	if n, err := f.ReadAgain(odd, sector); n != sector || err != nil || !bytes.Equal(odd, img[sector:2*sector]) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := f.WriteAt(odd, 0); err != nil {
		t.Error(err)
	}
	if err := errors.Join(f.Sync(), f.Zero(2*sector, sector)); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		t.Error(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got[:sector], odd) || !bytes.Equal(got[3*sector:], img[3*sector:]) {
		t.Errorf("the file is otherwise: %v", err)
	}
}
