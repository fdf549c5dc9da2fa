// Package memfs is a folder of files in memory.
//
// It guarantees what io/fs asks of a file system; nothing in it blocks, and it
// never changes the files. Their content must not be changed while it is used.
package memfs

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
)

// Files are the content by name. There are no folders in it, so names have no
// slash.
type Files map[string][]byte

// Open implements fs.FS.
func (m Files) Open(name string) (fs.File, error) {
	if name == "." {
		list, err := m.ReadDir(name)
		return &folder{about: about{name: name, mode: fs.ModeDir | 0o555}, left: list}, err
	}
	data, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{Reader: bytes.NewReader(data), about: about{name, int64(len(data)), 0o444}}, nil
}

// ReadDir implements fs.ReadDirFS.
func (m Files) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	list := make([]fs.DirEntry, 0, len(m))
	for _, own := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fs.FileInfoToDirEntry(about{own, int64(len(m[own])), 0o444}))
	}
	return list, nil
}
