package firmwaretest

import (
	"io"
	"os"
	"sync/atomic"
)

// Mortal is a disk whose process is killed, as by kill -9, in front of one of
// its writes and flushes, or in the middle of a write.
type Mortal struct {
	File interface {
		io.ReaderAt
		io.WriterAt
		Sync() error
		Size() int64
		Start(at, length int64) error
		Finish(at, length int64) error
		Zero(at, length int64) error
	}
	// Left is how many steps are left to live; disks that share it die together.
	// A write and making zeros are two steps, anything else that changes the disk
	// is one. It is counted by whoever takes one, at the same time or not.
	Left *atomic.Int64
}

func (m Mortal) step() {
	if m.Left.Add(-1) >= 0 {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill() // nothing follows
	}
	select {}
}

// WriteAt writes in two halves, with a death before each.
func (m Mortal) WriteAt(b []byte, at int64) (int, error) {
	m.step()
	half := len(b) / 2
	if _, err := m.File.WriteAt(b[:half], at); err != nil {
		return 0, err
	}
	m.step()
	n, err := m.File.WriteAt(b[half:], at+int64(half))
	return half + n, err
}

// Sync flushes.
func (m Mortal) Sync() error {
	m.step()
	return m.File.Sync()
}

// Start has a stretch go to the medium.
func (m Mortal) Start(at, length int64) error {
	m.step()
	return m.File.Start(at, length)
}

// Finish waits for that.
func (m Mortal) Finish(at, length int64) error {
	m.step()
	return m.File.Finish(at, length)
}

// Zero makes zeros, with a death before and after.
func (m Mortal) Zero(at, length int64) error {
	m.step()
	defer m.step()
	return m.File.Zero(at, length)
}

// ReadAt reads.
func (m Mortal) ReadAt(b []byte, at int64) (int, error) { return m.File.ReadAt(b, at) }

// Size is that of the disk, bytes.
func (m Mortal) Size() int64 { return m.File.Size() }
