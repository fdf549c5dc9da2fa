package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrLocked means that another process has the state folder. The error that
// wraps it says which.
var ErrLocked = errors.New("in use by another usherd")

// lockDir takes the folder with flock(2): the kernel lets go of it when the
// process ends, however it ends. The file stays, because removing it would let
// two processes lock two files of the same name.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = fmt.Errorf("%w (process %s)", ErrLocked, owner(f))
	case err == nil:
		err = writeOwner(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func writeOwner(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// owner is the process id in the lock file, for people.
func owner(f *os.File) string {
	var buf [20]byte
	n, _ := f.ReadAt(buf[:], 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return "unknown"
	}
	return strconv.Itoa(pid)
}

// Hold takes a state folder without opening what is in it; release gives it
// back. It fails with ErrLocked when another usherd has it.
func Hold(dir string) (release func() error, err error) {
	f, err := lockDir(dir)
	if err != nil {
		return nil, &Error{Dir: dir, Err: err, Hint: hint(err)}
	}
	return f.Close, nil
}
