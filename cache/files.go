package cache

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// file is an open file. An *os.File is one, and stays one inside a Blob, so
// that net/http can use sendfile.
type file interface {
	io.ReadWriteSeeker
	io.Closer
	Name() string
	Stat() (fs.FileInfo, error)
	Sync() error
}

// files is what the disk store needs of a file system. Tests have others that
// fail on demand and that crash.
type files interface {
	mkdirAll(folder string) error
	open(path string) (file, error)   // for reading
	create(path string) (file, error) // for writing, emptied
	rename(from, to string) error
	remove(path string) error
	list(folder string) ([]fs.FileInfo, error)
	syncFolder(folder string) error
}

// osFiles is the file system of the machine.
type osFiles struct{}

func (osFiles) mkdirAll(folder string) error { return os.MkdirAll(folder, 0o700) }

func (osFiles) open(path string) (file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return f, nil
}

func (osFiles) create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osFiles) rename(from, to string) error { return os.Rename(from, to) }

func (osFiles) remove(path string) error { return os.Remove(path) }

func (osFiles) list(folder string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	list := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	return list, nil
}

func (osFiles) syncFolder(folder string) (err error) {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}
