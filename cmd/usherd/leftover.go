package main

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// settled is the age from which a temporary folder without a lock belongs to
// nobody: a daemon that is just starting locks its own at once.
const settled = time.Minute

// hold locks a folder for as long as this process lives, however it ends. The
// lock does not pass to the processes it starts.
func hold(dir string) (*os.File, bool) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		_ = f.Close()
		return nil, false
	}
	return f, true
}

// clearLeftOvers takes away what a daemon that was killed left behind: our own
// folders of these names that nobody holds. What cannot be taken away stays.
func clearLeftOvers(in string, prefixes ...string) {
	for _, prefix := range prefixes {
		dirs, _ := filepath.Glob(filepath.Join(in, prefix+"*"))
		for _, dir := range dirs {
			if !abandoned(dir) {
				continue
			}
			if lock, ok := hold(dir); ok {
				_ = os.RemoveAll(dir)
				_ = lock.Close()
			}
		}
	}
}

// abandoned says that a folder is ours, and was not made just now.
func abandoned(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < settled {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == uint32(os.Getuid())
}
