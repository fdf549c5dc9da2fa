package oem

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// memory is a folder in memory, without folders in it.
type memory map[string][]byte

// Open implements fs.FS.
func (m memory) Open(name string) (fs.File, error) {
	data, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &open{Reader: bytes.NewReader(data), about: about{name, int64(len(data))}}, nil
}

// ReadDir implements fs.ReadDirFS.
func (m memory) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	var list []fs.DirEntry
	for _, own := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fs.FileInfoToDirEntry(about{own, int64(len(m[own]))}))
	}
	return list, nil
}

// open is a file that is read.
type open struct {
	*bytes.Reader
	about about
}

func (f *open) Stat() (fs.FileInfo, error) { return f.about, nil }
func (f *open) Close() error               { return nil }

// about is a file in memory.
type about struct {
	name string
	size int64
}

func (a about) Name() string     { return a.name }
func (a about) Size() int64      { return a.size }
func (about) Mode() fs.FileMode  { return 0o444 }
func (about) ModTime() time.Time { return time.Time{} }
func (about) IsDir() bool        { return false }
func (about) Sys() any           { return nil }
