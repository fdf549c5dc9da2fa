//go:build linux

package abslots

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// File is a Disk on a file or a block device. What it writes in whole sectors, and
// reads again, goes past the page cache, where the file system and the device can
// do that: it is copied once less, it pushes no film out of memory, the medium is
// what is read, and a write waits in the I/O class of this process instead of the
// kernel's.
type File struct {
	f      *os.File
	direct *os.File // the same once more, past the page cache; nil: it cannot be
	size   int64
}

// sector is what is read and written past the page cache, bytes: a multiple of
// what any disk wants.
const sector = 4096

// OpenFile opens a slot or the place of the boot record. A block device is
// opened for this process alone: one that is mounted, or held by somebody else,
// is an error.
func OpenFile(path string) (*File, error) {
	flags := os.O_RDWR
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeDevice != 0 {
		flags |= os.O_EXCL // without O_CREATE: exclusive use (open(2))
	}
	f, err := os.OpenFile(path, flags, 0)
	if errors.Is(err, unix.EBUSY) {
		return nil, fmt.Errorf("open %s: it is mounted or used by another program: %w", path, err)
	}
	if err != nil {
		return nil, err
	}
	d, err := sized(f)
	if err != nil {
		return nil, err
	}
	// Not O_EXCL again: it is this process that holds it.
	if direct, err := os.OpenFile(path, os.O_RDWR|unix.O_DIRECT, 0); err == nil {
		d.direct = direct
	}
	return d, nil
}

// OpenRunning opens the slot that this system runs from, to be read only: it is
// mounted, and Slots never write it.
func OpenRunning(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return sized(f)
}

func sized(f *os.File) (*File, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &File{f: f, size: size}, nil
}

// ReadAt implements Disk. The kernel reads ahead meanwhile.
func (d *File) ReadAt(b []byte, at int64) (int, error) { return d.f.ReadAt(b, at) }

// ReadAgain reads the medium, past what is in memory where that can be.
func (d *File) ReadAgain(b []byte, at int64) (int, error) {
	if d.sectors(b, at) {
		if n, err := d.direct.ReadAt(b, at); err == nil {
			return n, nil
		}
	}
	return d.f.ReadAt(b, at)
}

// sectors says whether a stretch can go past the page cache. Where the memory of b
// does not suit the disk the kernel says so; large buffers begin with a page.
func (d *File) sectors(b []byte, at int64) bool {
	return d.direct != nil && at%sector == 0 && len(b)%sector == 0
}

// WriteAt implements Disk: it never makes a file longer.
func (d *File) WriteAt(b []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(b)) > d.size {
		return 0, fmt.Errorf("write at %d: %w", at, unix.ENOSPC)
	}
	if d.sectors(b, at) {
		if n, err := d.direct.WriteAt(b, at); !errors.Is(err, unix.EINVAL) {
			return n, err
		}
	}
	return d.f.WriteAt(b, at)
}

// Size implements Disk.
func (d *File) Size() int64 { return d.size }

// Sync implements Disk. What was written leaves the page cache as well, so that
// reading it again reads the medium, and an update does not push the film out of
// memory.
func (d *File) Sync() error {
	if err := unix.Fdatasync(int(d.f.Fd())); err != nil {
		return fmt.Errorf("flush %s: %w", d.f.Name(), err)
	}
	if err := unix.Fadvise(int(d.f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop %s from memory: %w", d.f.Name(), err)
	}
	return nil
}

// Start has a stretch go to the medium, and does not wait for it.
func (d *File) Start(at, length int64) error {
	if err := unix.SyncFileRange(int(d.f.Fd()), at, length, unix.SYNC_FILE_RANGE_WRITE); err != nil {
		return fmt.Errorf("write %s: %w", d.f.Name(), err)
	}
	return nil
}

// Finish waits until a stretch is on the medium, and takes it out of memory. It
// is safe from power cuts only after Sync.
func (d *File) Finish(at, length int64) error {
	const all = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	if err := unix.SyncFileRange(int(d.f.Fd()), at, length, all); err != nil {
		return fmt.Errorf("write %s: %w", d.f.Name(), err)
	}
	if err := unix.Fadvise(int(d.f.Fd()), at, length, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop %s from memory: %w", d.f.Name(), err)
	}
	return nil
}

// Zero has a stretch read as zeros without writing them, where the device, or
// the file system, can do that.
func (d *File) Zero(at, length int64) error {
	if at < 0 || at+length > d.size {
		return fmt.Errorf("zeros at %d: %w", at, unix.ENOSPC)
	}
	if err := unix.Fallocate(int(d.f.Fd()), unix.FALLOC_FL_ZERO_RANGE|unix.FALLOC_FL_KEEP_SIZE, at, length); err != nil {
		return fmt.Errorf("zeros in %s: %w", d.f.Name(), err)
	}
	return nil
}

// File is what it is on; it stays this one's to close.
func (d *File) File() *os.File { return d.f }

// Close closes it.
func (d *File) Close() error {
	if d.direct == nil {
		return d.f.Close()
	}
	return errors.Join(d.direct.Close(), d.f.Close())
}
