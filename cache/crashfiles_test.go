package cache

import (
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// crashFiles is a file system in memory that takes note of every step, so
// that a power cut after any of them can be played. What such a cut leaves is
// no more than what POSIX promises: bytes are there after fsync of the file,
// names after fsync of the folder, and until then each sector and each name
// for itself may be there or not.
type crashFiles struct {
	names  map[string]*inode
	steps  []step
	inodes int
}

type inode struct {
	id   int
	data []byte
	at   time.Time
}

type step struct {
	kind     stepKind
	id       int // inode
	path, to string
	offset   int
	data     []byte
}

type stepKind uint8

const (
	stepCreate stepKind = iota
	stepWrite
	stepSync
	stepRename
	stepRemove
	stepSyncFolder
)

func newCrashFiles() *crashFiles { return &crashFiles{names: map[string]*inode{}} }

func (c *crashFiles) mkdirAll(string) error { return nil }

func (c *crashFiles) create(path string) (file, error) {
	n := c.names[path]
	if n == nil {
		n = &inode{id: c.inodes}
		c.inodes++
		c.names[path] = n
	}
	n.data, n.at = nil, time.Unix(int64(len(c.steps)), 0)
	c.steps = append(c.steps, step{kind: stepCreate, id: n.id, path: path})
	return &crashFile{fs: c, n: n, name: path}, nil
}

func (c *crashFiles) open(path string) (file, error) {
	n := c.names[path]
	if n == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return &crashFile{fs: c, n: n, name: path}, nil
}

func (c *crashFiles) rename(from, to string) error {
	n := c.names[from]
	if n == nil {
		return fs.ErrNotExist
	}
	delete(c.names, from)
	c.names[to] = n
	c.steps = append(c.steps, step{kind: stepRename, id: n.id, path: from, to: to})
	return nil
}

func (c *crashFiles) remove(path string) error {
	if c.names[path] == nil {
		return fs.ErrNotExist
	}
	delete(c.names, path)
	c.steps = append(c.steps, step{kind: stepRemove, path: path})
	return nil
}

func (c *crashFiles) list(folder string) ([]fs.FileInfo, error) {
	var list []fs.FileInfo
	for path, n := range c.names {
		if filepath.Dir(path) == folder {
			list = append(list, crashInfo{filepath.Base(path), n})
		}
	}
	slices.SortFunc(list, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

func (c *crashFiles) syncFolder(string) error {
	c.steps = append(c.steps, step{kind: stepSyncFolder})
	return nil
}

type crashFile struct {
	fs   *crashFiles
	n    *inode
	name string
	at   int
}

func (f *crashFile) Read(p []byte) (int, error) {
	if f.at >= len(f.n.data) {
		return 0, io.EOF
	}
	n := copy(p, f.n.data[f.at:])
	f.at += n
	return n, nil
}

func (f *crashFile) Write(p []byte) (int, error) {
	f.fs.steps = append(f.fs.steps, step{kind: stepWrite, id: f.n.id, offset: len(f.n.data), data: slices.Clone(p)})
	f.n.data = append(f.n.data, p...)
	return len(p), nil
}

func (f *crashFile) Seek(offset int64, _ int) (int64, error) {
	f.at = int(offset)
	return offset, nil
}

func (f *crashFile) Sync() error {
	f.fs.steps = append(f.fs.steps, step{kind: stepSync, id: f.n.id})
	return nil
}

func (f *crashFile) Close() error               { return nil }
func (f *crashFile) Name() string               { return f.name }
func (f *crashFile) Stat() (fs.FileInfo, error) { return crashInfo{filepath.Base(f.name), f.n}, nil }

type crashInfo struct {
	name string
	n    *inode
}

func (i crashInfo) Name() string       { return i.name }
func (i crashInfo) Size() int64        { return int64(len(i.n.data)) }
func (i crashInfo) Mode() fs.FileMode  { return 0o600 }
func (i crashInfo) ModTime() time.Time { return i.n.at }
func (i crashInfo) IsDir() bool        { return false }
func (i crashInfo) Sys() any           { return nil }

// outcome is how a power cut treats what was not synced.
type outcome uint8

const (
	lost      outcome = iota // nothing of it is there
	whole                    // all of it is
	torn                     // some sectors and some names, in order
	reordered                // and names in another order, files longer than their data
	lying                    // as torn, on a disk that ignores every sync
	outcomes
)

const sector = 512

// crash is the file system after a power cut behind the first n steps.
func (c *crashFiles) crash(n int, how outcome, r *rand.Rand) *crashFiles {
	left := newCrashFiles()
	data := contents(c.steps[:n], how, r)
	durable := map[string]int{}
	pending := []step{}
	for _, s := range c.steps[:n] {
		switch s.kind {
		case stepCreate, stepRename, stepRemove:
			pending = append(pending, s)
		case stepSyncFolder:
			if how == lying {
				break
			}
			for _, p := range pending {
				applyName(durable, p, false)
			}
			pending = pending[:0]
		}
	}
	if how == reordered {
		r.Shuffle(len(pending), func(i, j int) { pending[i], pending[j] = pending[j], pending[i] })
	}
	for _, p := range pending {
		if how == whole || how >= torn && r.IntN(2) == 0 {
			applyName(durable, p, how >= torn && r.IntN(4) == 0)
		}
	}
	for path, id := range durable {
		left.inodes = max(left.inodes, id+1)
		left.names[path] = &inode{id: id, data: slices.Clone(data[id]), at: time.Unix(int64(id), 0)}
	}
	return left
}

// applyName changes the folder; half leaves the old name of a rename too.
func applyName(names map[string]int, s step, half bool) {
	switch s.kind {
	case stepCreate:
		names[s.path] = s.id
	case stepRename:
		names[s.to] = s.id
		if !half && names[s.path] == s.id {
			delete(names, s.path)
		}
	case stepRemove:
		delete(names, s.path)
	}
}

// contents is what is left in each inode.
func contents(steps []step, how outcome, r *rand.Rand) map[int][]byte {
	synced, live := map[int][]byte{}, map[int][]byte{}
	since := map[int][]step{}
	for _, s := range steps {
		switch s.kind {
		case stepCreate:
			live[s.id], since[s.id] = nil, append(since[s.id], s)
		case stepWrite:
			live[s.id] = append(live[s.id], s.data...)
			since[s.id] = append(since[s.id], s)
		case stepSync:
			if how == lying {
				break
			}
			synced[s.id], since[s.id] = slices.Clone(live[s.id]), nil
		}
	}
	left := map[int][]byte{}
	for id := range live {
		left[id] = tear(synced[id], since[id], how, r)
	}
	return left
}

// tear applies some sectors of the writes after the last fsync.
func tear(data []byte, writes []step, how outcome, r *rand.Rand) []byte {
	data = slices.Clone(data)
	for _, s := range writes {
		if how == lost || how >= torn && r.IntN(4) == 0 {
			continue
		}
		if s.kind == stepCreate {
			data = nil
			continue
		}
		for o := 0; o < len(s.data); o += sector {
			piece := s.data[o:min(o+sector, len(s.data))]
			end := s.offset + o + len(piece)
			if skip := how >= torn && r.IntN(3) == 0; skip && how != reordered {
				continue
			} else if len(data) < end {
				data = append(data, make([]byte, end-len(data))...)
			} else if skip {
				continue
			}
			if how == whole || r.IntN(3) > 0 {
				copy(data[s.offset+o:], piece)
			}
		}
	}
	return data
}
