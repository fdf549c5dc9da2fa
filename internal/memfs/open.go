package memfs

import (
	"bytes"
	"io"
	"io/fs"
	"time"
)

// file is one that is read.
type file struct {
	*bytes.Reader
	about about
}

func (f *file) Stat() (fs.FileInfo, error) { return f.about, nil }
func (f *file) Close() error               { return nil }

// folder is the only one there is, being listed.
type folder struct {
	about about
	left  []fs.DirEntry
}

func (f *folder) Stat() (fs.FileInfo, error) { return f.about, nil }
func (f *folder) Close() error               { return nil }

func (f *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.about.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (f *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.left)
	} else if len(f.left) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.left))
	list := f.left[:n]
	f.left = f.left[n:]
	return list, nil
}

// about is what is known of a file.
type about struct {
	name string
	size int64
	mode fs.FileMode
}

func (a about) Name() string      { return a.name }
func (a about) Size() int64       { return a.size }
func (a about) Mode() fs.FileMode { return a.mode }
func (about) ModTime() time.Time  { return time.Time{} }
func (a about) IsDir() bool       { return a.mode.IsDir() }
func (about) Sys() any            { return nil }
