package firmwaretest

import (
	"io"
	"os"
)

// Mortal is a disk whose process is killed, as by kill -9, in front of one of
// its writes and flushes, or in the middle of a write.
type Mortal struct {
	File interface {
		io.ReaderAt
		io.WriterAt
		Sync() error
		Size() int64
	}
	// Left is how many steps are left to live; disks that share it die together.
	// A write is two steps, a flush one.
	Left *int
}

func (m Mortal) step() {
	if *m.Left--; *m.Left >= 0 {
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

// ReadAt reads.
func (m Mortal) ReadAt(b []byte, at int64) (int, error) { return m.File.ReadAt(b, at) }

// Size is that of the disk, bytes.
func (m Mortal) Size() int64 { return m.File.Size() }
