//go:build linux

package abslots

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// UBoot is the environment of U-Boot in two copies (CONFIG_SYS_REDUNDAND_ENVIRONMENT)
// on a block device or in a file. Each copy, numbers little-endian:
//
//	0  4  CRC-32 (IEEE) of all from 5
//	4  1  counts up with each write; of two copies the higher is in force, and 0 is higher than 255
//	5  …  NAME=VALUE, each ended by a zero byte, and one more zero byte at the end
//
// Other variables are left as they are. A change is one write over the copy that
// is not in force, and a flush. Source: U-Boot, env/common.c.
type UBoot struct {
	copies [2]Disk
	lock   string // of fw_setenv(8), which may run beside us; "" none
}

const (
	envHead = 5
	// The smallest and the largest copy, bytes.
	minEnv = 256
	maxEnv = 1 << 20
	// envLock is what libubootenv holds while it writes.
	envLock = "/var/lock/fw_printenv.lock"
)

// NewUBoot makes a Loader of two copies, each as long as the environment.
func NewUBoot(copies [2]Disk) (*UBoot, error) {
	size := copies[0].Size()
	if size != copies[1].Size() || size < minEnv || size > maxEnv {
		return nil, fmt.Errorf("copies of %d and %d bytes are no environment of U-Boot", size, copies[1].Size())
	}
	return &UBoot{copies: copies}, nil
}

// environment is one copy.
type environment struct {
	flags byte
	vars  []byte // to the end of the copy
}

var errEnvironment = errors.New("no valid environment of U-Boot in either copy: write one by fw_setenv, or by saveenv in U-Boot")

func readEnvironment(d Disk) (environment, error) {
	b := make([]byte, d.Size())
	if _, err := d.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return environment{}, fmt.Errorf("read the environment of U-Boot: %w", err)
	}
	if binary.LittleEndian.Uint32(b) != crc32.ChecksumIEEE(b[envHead:]) || bytes.Equal(b, make([]byte, len(b))) {
		return environment{}, errEnvironment
	}
	return environment{flags: b[4], vars: b[envHead:]}, nil
}

func (e environment) encode() []byte {
	b := make([]byte, envHead, envHead+len(e.vars))
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(e.vars))
	b[4] = e.flags
	return append(b, e.vars...)
}

// newest gives the copy in force.
func (u *UBoot) newest() (e environment, at int, err error) {
	first, err0 := readEnvironment(u.copies[0])
	second, err1 := readEnvironment(u.copies[1])
	switch {
	case err0 != nil && err1 != nil:
		if !errors.Is(err0, errEnvironment) {
			return e, 0, err0
		}
		return e, 0, err1
	case err1 != nil, err0 == nil && !newer(second.flags, first.flags):
		return first, 0, nil
	}
	return second, 1, nil
}

// newer compares two counts as U-Boot does.
func newer(a, b byte) bool {
	switch {
	case a == 255 && b == 0:
		return false
	case a == 0 && b == 255:
		return true
	}
	return a > b
}

// Choice implements Loader.
func (u *UBoot) Choice() (Choice, error) {
	e, _, err := u.newest()
	if err != nil {
		return Choice{}, err
	}
	text, ok := e.get(variable)
	if !ok {
		return Choice{}, ErrUnset
	}
	return choiceOf(text)
}

// Choose implements Loader.
func (u *UBoot) Choose(c Choice) error {
	unlock, err := lockFile(u.lock)
	if err != nil {
		return err
	}
	defer unlock()
	e, at, err := u.newest()
	if err != nil {
		return err
	}
	if e, err = e.set(variable, string(c.letter())); err != nil {
		return err
	}
	e.flags++
	return replaceAll(u.copies[1-at], e.encode())
}

// replaceAll writes the whole of a disk, flushes it, and reads it again.
func replaceAll(d Disk, b []byte) error {
	if _, err := d.WriteAt(b, 0); err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		return err
	}
	back := make([]byte, len(b))
	if _, err := d.ReadAt(back, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(b, back) {
		return errVerify
	}
	return nil
}

// list is NAME=VALUE of each variable, up to the first empty one.
func (e environment) list() (list []string) {
	for rest := e.vars; ; {
		entry, more, ok := bytes.Cut(rest, []byte{0})
		if !ok || len(entry) == 0 {
			return list
		}
		list, rest = append(list, string(entry)), more
	}
}

func (e environment) get(name string) (string, bool) {
	for _, entry := range e.list() {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

var errEnvFull = errors.New("no room in the environment of the boot loader")

// set gives an environment with a variable changed or added, and all others in
// their order.
func (e environment) set(name, value string) (environment, error) {
	var out []byte
	found := false
	for _, entry := range e.list() {
		if strings.HasPrefix(entry, name+"=") {
			if found {
				continue
			}
			entry, found = name+"="+value, true
		}
		out = append(append(out, entry...), 0)
	}
	if !found {
		out = append(out, name+"="+value+"\x00"...)
	}
	if len(out)+1 > len(e.vars) {
		return e, errEnvFull
	}
	vars := make([]byte, len(e.vars))
	copy(vars, out)
	return environment{flags: e.flags, vars: vars}, nil
}

// lockFile waits for a lock that other programs take too. Where it cannot be
// opened nobody else can write either, or nobody else is there.
func lockFile(path string) (unlock func(), err error) {
	nothing := func() {}
	if path == "" {
		return nothing, nil
	}
	f, err := os.Open(path) // a lock needs no more, and others may own it
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o644) //nolint:gosec // everybody may take it, as fw_setenv's own
	}
	if err != nil {
		return nothing, nil //nolint:nilerr // as the comment above says
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nothing, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// OpenUBoot opens the environment that a fw_env.config names: two lines of
// device, offset and size. close closes its devices.
func OpenUBoot(config string) (u *UBoot, closer func() error, err error) {
	text, err := os.ReadFile(config)
	if err != nil {
		return nil, nil, err
	}
	places, err := envPlaces(string(text))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", config, err)
	}
	var open []*File
	closer = func() error {
		var problems []error
		for _, f := range open {
			problems = append(problems, f.Close())
		}
		return errors.Join(problems...)
	}
	var copies [2]Disk
	for i, p := range places {
		f, err := openShared(p.device)
		if err != nil {
			return nil, nil, errors.Join(err, closer())
		}
		open = append(open, f)
		copies[i] = stretch{f, p.at, p.size}
	}
	if u, err = NewUBoot(copies); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", config, err), closer())
	}
	u.lock = envLock
	return u, closer, nil
}

// envPlace is where a copy is, bytes.
type envPlace struct {
	device   string
	at, size int64
}

var errEnvConfig = errors.New("want two lines DEVICE OFFSET SIZE: both copies of a redundant environment")

// envPlaces reads a fw_env.config. Sizes of erase blocks, after the size, are of
// no use here.
func envPlaces(text string) ([]envPlace, error) {
	var list []envPlace
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) < 3 || !filepath.IsAbs(words[0]) {
			return nil, errEnvConfig
		}
		at, err := strconv.ParseInt(words[1], 0, 64)
		size, err2 := strconv.ParseInt(words[2], 0, 64)
		if err := errors.Join(err, err2); err != nil || at < 0 || size < minEnv || size > maxEnv {
			return nil, fmt.Errorf("%w (%q)", errEnvConfig, strings.TrimSpace(line))
		}
		list = append(list, envPlace{words[0], at, size})
	}
	if len(list) != 2 {
		return nil, errEnvConfig
	}
	if a, b := list[0], list[1]; a.device == b.device && a.at < b.at+b.size && b.at < a.at+a.size {
		return nil, fmt.Errorf("%w: these overlap", errEnvConfig)
	}
	return list, nil
}

var errMTD = errors.New("not a block device or a file: on raw flash (MTD) a copy would have to be erased first, so keep the environment on eMMC")

// openShared opens a disk of which partitions may be mounted.
func openShared(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeCharDevice != 0 {
		return nil, fmt.Errorf("%s: %w", path, errMTD)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return sized(f)
}

// stretch is a part of a disk.
type stretch struct {
	d        Disk
	at, size int64
}

// ReadAt implements Disk.
func (s stretch) ReadAt(b []byte, at int64) (int, error) {
	return io.NewSectionReader(s.d, s.at, s.size).ReadAt(b, at)
}

// WriteAt implements Disk.
func (s stretch) WriteAt(b []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(b)) > s.size {
		return 0, unix.ENOSPC
	}
	return s.d.WriteAt(b, s.at+at)
}

// Size implements Disk.
func (s stretch) Size() int64 { return s.size }

// Sync implements Disk.
func (s stretch) Sync() error { return s.d.Sync() }
