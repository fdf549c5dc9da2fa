//go:build linux

package rauc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"usher/firmware"
)

const (
	spoolName = "release.raucb"
	// syncEvery is how many bytes are written between two flushes: enough for
	// speed, little enough for a small box's memory.
	syncEvery = 8 << 20
)

// spool is the bundle on its way to RAUC. What is there of it is found by its
// sums, so an interrupted fetch goes on where it was.
type spool struct {
	f          *os.File
	rel        firmware.Release
	from       firmware.Source
	buf        []byte
	done, kept int64
	dirty      int // bytes since the last flush
}

func (s *Slots) spoolPath() string { return filepath.Join(s.opt.Folder, spoolName) }

// room says whether a bundle has a place, what is there of it included.
func (s *Slots) room(size int64) error {
	free, err := s.opt.Free(s.opt.Folder)
	if err != nil {
		return reasoned(fmt.Errorf("look for room in %s: %w", s.opt.Folder, err))
	}
	var there unix.Stat_t
	if unix.Stat(s.spoolPath(), &there) == nil {
		free += there.Blocks * 512
	}
	if size > free {
		return &firmware.Error{Reason: firmware.NoSpace, Err: fmt.Errorf("a bundle of %d bytes, room for %d in %s", size, free, s.opt.Folder)}
	}
	return nil
}

// free is the room that this user has on the file system of a folder, bytes.
func free(folder string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// fetch brings the bundle to its place, whole and on the disk.
func (s *Slots) fetch(ctx context.Context, rel firmware.Release, from firmware.Source, progress func(done, kept int64)) error {
	f, err := s.openSpool()
	if err != nil {
		return reasoned(fmt.Errorf("keep the bundle: %w", err))
	}
	p := spool{f: f, rel: rel, from: from, buf: make([]byte, rel.Chunk)}
	err = p.fill(ctx, progress)
	return errors.Join(err, reasoned(f.Close()))
}

// openSpool opens the file. One that RAUC has taken for itself (it makes root
// the owner of what it installs) is made anew.
func (s *Slots) openSpool() (*os.File, error) {
	f, err := os.OpenFile(s.spoolPath(), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if !errors.Is(err, fs.ErrPermission) {
		return f, err
	}
	if err := os.Remove(s.spoolPath()); err != nil {
		return nil, err
	}
	return os.OpenFile(s.spoolPath(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (p *spool) fill(ctx context.Context, progress func(done, kept int64)) error {
	for i := range p.rel.Chunks {
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), p.sync())
		}
		if err := p.chunk(ctx, i); err != nil {
			return errors.Join(err, p.sync())
		}
		progress(p.done, p.kept)
	}
	return reasoned(errors.Join(p.f.Truncate(p.rel.Size), p.sync()))
}

// chunk brings one chunk into place, unless it is there.
func (p *spool) chunk(ctx context.Context, i int) error {
	b, at := p.buf[:p.rel.Length(i)], p.rel.At(i)
	if n, _ := p.f.ReadAt(b, at); n == len(b) && sha256.Sum256(b) == p.rel.Chunks[i] { // what cannot be read is written anew
		p.done, p.kept = p.done+int64(n), p.kept+int64(n)
		return nil
	}
	if err := firmware.Take(ctx, p.from, p.rel, i, b); err != nil {
		return err
	}
	if _, err := p.f.WriteAt(b, at); err != nil {
		return reasoned(fmt.Errorf("write chunk %d: %w", i, err))
	}
	p.done += int64(len(b))
	if p.dirty += len(b); p.dirty < syncEvery {
		return nil
	}
	p.dirty = 0
	return reasoned(p.sync())
}

// sync makes what was written safe, and takes it out of memory: a bundle must
// not push the film out.
func (p *spool) sync() error {
	if err := unix.Fdatasync(int(p.f.Fd())); err != nil {
		return fmt.Errorf("flush the bundle: %w", err)
	}
	if err := unix.Fadvise(int(p.f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop the bundle from memory: %w", err)
	}
	return nil
}

// forget takes the bundle away.
func (s *Slots) forget() {
	if err := os.Remove(s.spoolPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("The bundle is left behind", "err", err)
	}
}
