package trust

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Disk is where the metadata is kept: a file of fixed size. What was written is
// safe only after Sync.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Size() int64
}

// DiskSize is what a Disk needs for the largest metadata, bytes.
const DiskSize = 2 << 20

// The parts of held, and the longest that each may be, bytes.
const (
	partRoot = iota
	partTimestamp
	partSnapshot
	partTargets
	parts

	maxRoot      = 64 << 10
	maxTimestamp = 16 << 10
	maxSnapshot  = 64 << 10
	maxTargets   = 768 << 10
)

// held is what a box remembers.
type held struct {
	seq  uint64
	good time.Time // when everything was last found in order
	file [parts][]byte
}

// A generation on the disk, numbers little-endian:
//
//	 0  4  magic "USHT"
//	 4  4  version, 1
//	 8  8  sequence, from 1; even ones are generation 0, odd ones generation 1
//	16  8  good, seconds since 1970
//	24 16  lengths of root, timestamp, snapshot, targets
//	40 32  SHA-256 of all before and all after
//	72  …  the files
const (
	shelfMagic   = "USHT"
	shelfVersion = 1
	shelfSumAt   = 40
	shelfHead    = 72
)

var (
	errShelf = errors.New("not remembered metadata")
	errRoom  = errors.New("metadata larger than its place")
)

// shelf keeps held on a disk.
type shelf struct{ d Disk }

func (s shelf) half() int64 { return s.d.Size() / 2 }

// load gives the newest generation that is whole; none is the zero held. The
// error says why there is none, or why there may be a newer one.
func (s shelf) load() (held, error) {
	var best held
	var problems []error
	for n := range int64(2) {
		h, err := s.generation(n)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("generation %d: %w", n, err))
		case h.seq > best.seq:
			best = h
		}
	}
	return best, errors.Join(problems...)
}

// generation reads one. A place that was never written is the zero held.
func (s shelf) generation(n int64) (held, error) {
	head := make([]byte, shelfHead)
	if _, err := s.d.ReadAt(head, n*s.half()); err != nil && !errors.Is(err, io.EOF) {
		return held{}, err
	}
	if bytes.Equal(head, make([]byte, shelfHead)) {
		return held{}, nil
	}
	size, err := bodySize(head)
	if err != nil || size > s.half()-shelfHead {
		return held{}, errShelf
	}
	body := make([]byte, size)
	if _, err := s.d.ReadAt(body, n*s.half()+shelfHead); err != nil && !errors.Is(err, io.EOF) {
		return held{}, err
	}
	h, err := decodeHeld(head, body)
	if err == nil && h.seq%2 != uint64(n) {
		return held{}, errShelf
	}
	return h, err
}

// save makes h the newest generation, in the place of the older one.
func (s shelf) save(h held) error {
	b, err := h.encode()
	if err != nil {
		return err
	}
	if int64(len(b)) > s.half() {
		return errRoom
	}
	if _, err := s.d.WriteAt(b, int64(h.seq%2)*s.half()); err != nil {
		return fmt.Errorf("write metadata: %w", err)
	}
	if err := s.d.Sync(); err != nil {
		return fmt.Errorf("flush metadata: %w", err)
	}
	return nil
}

func (h held) encode() ([]byte, error) {
	b := make([]byte, shelfHead)
	copy(b, shelfMagic)
	le := binary.LittleEndian
	le.PutUint32(b[4:], shelfVersion)
	le.PutUint64(b[8:], h.seq)
	le.PutUint64(b[16:], uint64(h.good.Unix()))
	for i, f := range h.file {
		if len(f) > limitOf(i) {
			return nil, errRoom
		}
		le.PutUint32(b[24+4*i:], uint32(len(f)))
		b = append(b, f...)
	}
	sum := shelfSum(b[:shelfHead], b[shelfHead:])
	copy(b[shelfSumAt:], sum[:])
	return b, nil
}

// bodySize is how much follows a head that makes sense.
func bodySize(head []byte) (size int64, err error) {
	le := binary.LittleEndian
	if len(head) != shelfHead || string(head[:4]) != shelfMagic || le.Uint32(head[4:]) != shelfVersion || le.Uint64(head[8:]) == 0 {
		return 0, errShelf
	}
	for i := range parts {
		n := le.Uint32(head[24+4*i:])
		if int64(n) > int64(limitOf(i)) {
			return 0, errShelf
		}
		size += int64(n)
	}
	return size, nil
}

func decodeHeld(head, body []byte) (held, error) {
	if size, err := bodySize(head); err != nil || size != int64(len(body)) {
		return held{}, errShelf
	}
	if sum := shelfSum(head, body); !bytes.Equal(sum[:], head[shelfSumAt:shelfHead]) {
		return held{}, errShelf
	}
	le := binary.LittleEndian
	h := held{seq: le.Uint64(head[8:]), good: time.Unix(int64(le.Uint64(head[16:])), 0).UTC()}
	for i := range h.file {
		n := le.Uint32(head[24+4*i:])
		h.file[i], body = body[:n:n], body[n:]
	}
	return h, nil
}

func shelfSum(head, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(head[:shelfSumAt])
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

func limitOf(part int) int {
	return [parts]int{maxRoot, maxTimestamp, maxSnapshot, maxTargets}[part]
}

// File is a Disk on a file.
type File struct{ f *os.File }

// OpenFile opens the file in which metadata is remembered. One that is not
// there is made, with mode 0600.
func OpenFile(name string) (*File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	d := &File{f}
	if info, err := f.Stat(); err != nil || info.Size() < DiskSize {
		if err = errors.Join(err, f.Truncate(DiskSize), f.Sync(), syncFolder(filepath.Dir(name))); err != nil {
			return nil, errors.Join(fmt.Errorf("make room for metadata: %w", err), f.Close())
		}
	}
	return d, nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ReadAt implements Disk.
func (d *File) ReadAt(b []byte, at int64) (int, error) { return d.f.ReadAt(b, at) }

// WriteAt implements Disk.
func (d *File) WriteAt(b []byte, at int64) (int, error) { return d.f.WriteAt(b, at) }

// Size implements Disk.
func (*File) Size() int64 { return DiskSize }

// Sync implements Disk.
func (d *File) Sync() error { return d.f.Sync() }

// Close closes it.
func (d *File) Close() error { return d.f.Close() }
