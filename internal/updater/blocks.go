package updater

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"usher/firmware/fleet"
	"usher/internal/durable"
)

// blocksName begins the names of the files that say which blocks the image of a
// version has. With that of the running one its slot need not be read through;
// without it, or with a wrong one, it is.
const blocksName = "blocks-"

// blocksOf is the file of a version. Versions are any text.
func (u *Updater) blocksOf(version string) string {
	sum := sha256.Sum256([]byte(version))
	return filepath.Join(u.opt.Folder, blocksName+hex.EncodeToString(sum[:8]))
}

// recallBlocks says what is known of the version that runs.
func (u *Updater) recallBlocks(d *fleet.Download, running string) {
	index, err := durable.Read(u.blocksOf(running), fleet.MaxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = d.Remember(index)
	}
	if err != nil {
		u.log.Warn("What the running slot holds is not remembered: it is read", "err", err)
	}
}

// keepBlocks remembers a version that was written, and forgets those that are in
// no slot any more.
func (u *Updater) keepBlocks(d *fleet.Download, written, running string) {
	keep := map[string]bool{u.blocksOf(written): true, u.blocksOf(running): true}
	list, err := filepath.Glob(filepath.Join(u.opt.Folder, blocksName+"*"))
	for _, name := range list {
		if !keep[name] {
			err = errors.Join(err, os.Remove(name))
		}
	}
	if err = errors.Join(err, durable.Replace(u.blocksOf(written), d.Index())); err != nil {
		u.log.Warn("What was written is not remembered: the next update reads it", "err", err)
	}
}
