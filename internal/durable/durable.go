// Package durable replaces and removes small files so that kill -9 and a power
// cut leave either what was there before or what should be there, never half
// of it. It blocks until the disk has it, and keeps nothing.
package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// temporary begins the names of files that are being written. One that is left
// by a power cut is removed by [Sweep].
const temporary = ".new-"

// Replace writes a file with mode 0600: temporary file, sync, rename, sync of
// the folder.
func Replace(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// Remove removes a file for good. One that is not there is no error.
func Remove(name string) error {
	if err := ignoreMissing(os.Remove(name)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// Read reads a file of at most limit bytes; of a longer one it gives an error.
func Read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &fs.PathError{Op: "read", Path: name, Err: errors.New("longer than it can be")}
	}
	return data, err
}

// Sweep removes what an interrupted Replace left in a folder.
func Sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, temporary+"*"))
	for _, name := range left {
		err = errors.Join(err, ignoreMissing(os.Remove(name)))
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
