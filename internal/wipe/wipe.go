// Package wipe takes everything of a household off a box, in two steps: an
// order is put on the disk, and it is carried out when the daemon starts, before
// anything is opened.
//
// It guarantees that an order survives kill -9 and power cuts, and is carried
// out in full before it is forgotten: the order goes last. What it takes away is
// removed by name; blocks of flash that held it are the file system's to use
// again, so what must not be read from there has to be sealed (docs/pairing.md).
//
// It blocks for the disk, starts nothing and logs nothing.
package wipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"usher/internal/durable"
)

// orderFile is the name of an order in the state folder.
const orderFile = "wipe.order"

const maxOrder = 64 << 10 // bytes

// Order says what is to be wiped.
type Order struct {
	Factory bool              `json:"factory"` // what the site had set goes too
	At      time.Time         `json:"at"`
	Kept    map[string]string `json:"kept,omitempty"` // settings to have again afterwards
}

// Give puts an order on the disk.
func Give(state string, o Order) error {
	raw, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode the order to wipe: %w", err)
	}
	if err := durable.Replace(filepath.Join(state, orderFile), raw); err != nil {
		return fmt.Errorf("store the order to wipe: %w", err)
	}
	return nil
}

// Pending reads the order that is on the disk, if there is one. One that cannot
// be read is an order to wipe everything: somebody wanted it.
func Pending(state string) (o Order, there bool, err error) {
	raw, err := durable.Read(filepath.Join(state, orderFile), maxOrder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Order{}, false, nil
	case err != nil:
		return Order{}, false, fmt.Errorf("read the order to wipe: %w", err)
	case json.Unmarshal(raw, &o) != nil:
		return Order{Factory: true}, true, nil
	}
	return o, true, nil
}

// CarryOut removes everything in the state folder but the order and what keep
// holds back, by its path within the folder, and everything in the others.
func CarryOut(state string, keep func(path string) bool, others ...string) error {
	errs := []error{empty(state, func(p string) bool { return p == orderFile || keep(p) })}
	for _, dir := range others {
		errs = append(errs, empty(dir, func(string) bool { return false }))
	}
	return errors.Join(errs...)
}

// Forget removes the order, once everything that follows from it is on the disk.
func Forget(state string) error { return durable.Remove(filepath.Join(state, orderFile)) }

// empty removes the files in a folder, and folders that are empty then.
func empty(dir string, keep func(string) bool) error {
	var files, folders []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch rel, _ := filepath.Rel(dir, path); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case rel == ".":
		case d.IsDir():
			folders = append(folders, path)
		case !keep(rel):
			files = append(files, path)
		}
		return nil
	})
	for _, f := range files {
		if e := os.Remove(f); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	slices.Reverse(folders) // the innermost first
	for _, f := range folders {
		_ = os.Remove(f) // one that holds something stays
	}
	if err != nil {
		return fmt.Errorf("wipe %s: %w", dir, err)
	}
	return sync(dir)
}

// sync makes what was removed last.
func sync(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// File is something that is in a folder.
type File struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// Left lists what is in folders, for whoever wants proof.
func Left(dirs ...string) (list []File, err error) {
	list = []File{}
	for _, dir := range dirs {
		e := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return ignoreMissing(err)
			}
			info, err := d.Info()
			if err == nil {
				list = append(list, File{Path: path, Bytes: info.Size()})
			}
			return ignoreMissing(err)
		})
		err = errors.Join(err, e)
	}
	return list, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
