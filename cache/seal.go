package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// bbolt has no checksums over its pages, and goes astray, even for ever, in
// some that are damaged. So the index has a seal beside it: length and CRC-32C
// of the whole file, renewed after each batch. It is not synced: one that does
// not fit costs reading the headers of all objects, once.
const (
	sealSuffix = ".seal"
	sealCost   = 4096 // bytes that writing it costs
	sealSize   = 12
)

// seal makes the seal of a file.
func seal(path string) error {
	s, err := sealOf(path)
	if err != nil {
		return fmt.Errorf("seal index: %w", err)
	}
	return os.WriteFile(path+sealSuffix, s, 0o600)
}

// sealed checks the seal of a file. A file that is not there is fresh.
func sealed(path string) (fresh bool, err error) {
	want, err := sealOf(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	got, err := os.ReadFile(path + sealSuffix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if string(got) != string(want) {
		return false, fmt.Errorf("seal of the index: %w", ErrCorrupt)
	}
	return false, nil
}

func sealOf(path string) (s []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := crc32.New(castagnoli())
	n, err := io.Copy(sum, f)
	if err != nil {
		return nil, err
	}
	s = binary.BigEndian.AppendUint64(make([]byte, 0, sealSize), uint64(n))
	return binary.BigEndian.AppendUint32(s, sum.Sum32()), nil
}

// lockFolder waits a while for a folder of a cache that another process is
// about to leave. ErrInUse when it stays. On a disk that cannot be written
// there is no lock, and no need of one: f is nil.
func lockFolder(folder string, wait time.Duration) (f *os.File, err error) {
	f, err = os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock cache: %w", err)
	}
	for end := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) && !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock cache: %w", err), f.Close())
		}
		if time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), ErrInUse), f.Close())
		}
	}
}
