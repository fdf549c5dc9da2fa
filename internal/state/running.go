package state

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// slotStride keeps the slots in different blocks: flash that loses a whole
// 4 KiB block while writing it loses one slot, not both.
const slotStride = 4096

// running is the file with the two slots. The newest valid one counts; the
// other is overwritten next, so that a write that is cut off leaves the one
// before it.
type running struct {
	file *os.File
	last slot // newest in the file; seq 0 when there is none
}

func openRunning(path string) (*running, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	r := &running{file: f}
	if err := errors.Join(r.reserve(), r.read()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// reserve gives the file its full length and its blocks, so that later writes
// change data only and fdatasync has no file system journal to wait for.
func (r *running) reserve() error {
	const size = slotStride + slotSize
	info, err := r.file.Stat()
	if err != nil || info.Size() >= size {
		return err
	}
	if _, err := r.file.WriteAt(make([]byte, size-info.Size()), info.Size()); err != nil {
		return err
	}
	return r.file.Sync()
}

func (r *running) read() error {
	for n := range 2 {
		b := make([]byte, slotSize)
		if _, err := r.file.ReadAt(b, int64(n)*slotStride); err != nil {
			return fmt.Errorf("read slot %d: %w", n, err)
		}
		if s, err := decodeSlot(b, n); err == nil && s.seq > r.last.seq {
			r.last = s
		}
	}
	return nil
}

// write stores s as the newest, with the sequence after the last one.
func (r *running) write(s slot) error {
	s.seq = r.last.seq + 1
	if _, err := r.file.WriteAt(s.encode(), int64(s.seq%2)*slotStride); err != nil {
		return err
	}
	if err := unix.Fdatasync(int(r.file.Fd())); err != nil {
		return err
	}
	r.last = s
	return nil
}

func (r *running) close() error { return r.file.Close() }
