package firmwaretest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
)

// Sector is what a disk writes at a time, bytes: a power cut may leave part of
// one.
const Sector = 512

// Disk is a disk in memory that remembers every write and flush, so that a
// power cut after any of them can be played. It is safe for concurrent use.
type Disk struct {
	mu    sync.Mutex
	data  []byte
	log   []op
	fails func(n int) error // for write n, counted from 0
	n     int
}

// op is a write, or a flush up to end when data is nil.
type op struct {
	at, end int64
	data    []byte
}

// NewDisk is a disk that has image on it, safely.
func NewDisk(image []byte) *Disk { return &Disk{data: slices.Clone(image)} }

// Fail has writes fail: f gives the error for write n, counted from 0 from now.
func (d *Disk) Fail(f func(n int) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails, d.n = f, 0
}

// Image is a copy of what would be read now.
func (d *Disk) Image() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.data)
}

// Writes is how often it was written to.
func (d *Disk) Writes() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.log {
		if o.data != nil {
			n++
		}
	}
	return n
}

// Size is that of the disk, bytes.
func (d *Disk) Size() int64 { return int64(len(d.data)) }

// ErrEnd is a write beyond the end of the disk.
var ErrEnd = errors.New("no space left on device")

// ReadAt implements io.ReaderAt.
func (d *Disk) ReadAt(b []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at >= int64(len(d.data)) {
		return 0, io.EOF
	}
	n := copy(b, d.data[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements io.WriterAt.
func (d *Disk) WriteAt(b []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.n
	d.n++
	if d.fails != nil {
		if err := d.fails(n); err != nil {
			return 0, err
		}
	}
	if at+int64(len(b)) > int64(len(d.data)) {
		return 0, ErrEnd
	}
	copy(d.data[at:], b)
	d.log = append(d.log, op{at: at, data: slices.Clone(b)})
	return len(b), nil
}

// Sync makes everything written so far safe.
func (d *Disk) Sync() error { return d.SyncRange(0, d.Size()) }

// SyncRange makes safe what was written from one place to another, as flushing
// one of several files on a disk does.
func (d *Disk) SyncRange(from, to int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, op{at: from, end: to})
	return nil
}

// Crash cuts the power after every step of what was done to a disk that began
// as before, and gives each state that the disk may then be in to check, until
// it says false. What was flushed is there; of what was not, an adversary keeps
// nothing, everything, or any choice of sectors, and tears one of them: part of
// it is new. n is how many states were seen.
//
// choices is how many random choices are made for each step; the same seed
// makes the same ones.
func Crash(before []byte, d *Disk, choices int, seed uint64, check func(step int, image []byte) bool) (n int) {
	d.mu.Lock()
	log := slices.Clone(d.log)
	d.mu.Unlock()
	a := adversary{safe: slices.Clone(before), rand: rand.New(rand.NewPCG(seed, 2))}
	for step := 0; ; step++ {
		for _, image := range a.images(choices) {
			n++
			if !check(step, image) {
				return n
			}
		}
		if step == len(log) {
			return n
		}
		a.take(log[step])
	}
}

// adversary decides what a power cut leaves.
type adversary struct {
	safe    []byte
	pending []op // of a sector or less each, since the last flush
	rand    *rand.Rand
}

func (a *adversary) take(o op) {
	if o.data == nil {
		a.pending = slices.DeleteFunc(a.pending, func(p op) bool {
			if p.at < o.at || p.at >= o.end {
				return false
			}
			copy(a.safe[p.at:], p.data)
			return true
		})
		return
	}
	for at, b := o.at, o.data; len(b) > 0; {
		n := min(len(b), Sector-int(at%Sector))
		a.pending = append(a.pending, op{at: at, data: b[:n]})
		at, b = at+int64(n), b[n:]
	}
}

// images are the states that the disk may be in now.
func (a *adversary) images(choices int) [][]byte {
	list := [][]byte{slices.Clone(a.safe)}
	if len(a.pending) == 0 {
		return list
	}
	list = append(list, a.kept(func(int) bool { return true }), a.torn(len(a.pending)-1, true), a.torn(len(a.pending)-1, false))
	for range choices {
		keep := a.rand.Uint64()
		image := a.kept(func(i int) bool { return keep>>(i%64)&1 == 1 })
		if a.rand.IntN(2) == 0 {
			a.tear(image, a.rand.IntN(len(a.pending)))
		}
		list = append(list, image)
	}
	return list
}

func (a *adversary) kept(keep func(i int) bool) []byte {
	image := slices.Clone(a.safe)
	for i, p := range a.pending {
		if keep(i) {
			copy(image[p.at:], p.data)
		}
	}
	return image
}

// torn keeps either all or none of the others, and tears write i.
func (a *adversary) torn(i int, others bool) []byte {
	image := a.kept(func(k int) bool { return others && k != i })
	a.tear(image, i)
	return image
}

// tear leaves the beginning, the end, or some bytes of a write.
func (a *adversary) tear(image []byte, i int) {
	p := a.pending[i]
	cut := a.rand.IntN(len(p.data) + 1)
	switch a.rand.IntN(3) {
	case 0:
		copy(image[p.at:], p.data[:cut])
	case 1:
		copy(image[p.at+int64(cut):], p.data[cut:])
	default:
		for k := range p.data {
			if a.rand.IntN(2) == 0 {
				image[p.at+int64(k)] = p.data[k]
			}
		}
	}
}

// ErrFull and ErrBroken are what disks say: give them from Disk.Fail.
var (
	ErrFull   = fmt.Errorf("write: %w", ErrEnd)
	ErrBroken = errors.New("input/output error")
)
