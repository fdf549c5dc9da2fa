//go:build linux

package abslots

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"golang.org/x/sys/unix"
)

// SystemdBoot is a folder of boot entries with boot counting, /boot/loader/entries:
//
//	usher-7-b+3.conf    slot b, on trial with three starts left
//	usher-6-a.conf      slot a
//
// systemd-boot starts the entry whose name comes last, counts +3, +2-1, +1-2,
// +0-3 by renaming it before each start, and puts those with none left behind all
// others. So every choice is one rename: a higher number comes first, the
// counter is a trial, a name without one has proved itself. The entries have no
// sort-key; it would come before the name. Source: the UAPI group's Boot Loader
// Specification, "Boot counting"; systemd-boot(7).
//
// A FAT file system has no journal: a power cut in the middle of a rename may
// leave two names, or none. Where that matters, the record in front of the root
// file system (cmd/usher-boot) is the better choice.
type SystemdBoot struct{ dir string }

// NewSystemdBoot makes a Loader of a folder.
func NewSystemdBoot(dir string) *SystemdBoot { return &SystemdBoot{dir} }

// bootEntry is an entry of ours.
type bootEntry struct {
	name    string
	rank    uint64
	counted bool
	left    int
}

func parseEntry(name string) (e bootEntry, slot int, ok bool) {
	m := regexp.MustCompile(`^usher-([0-9]{1,18})-([ab])(?:\+([0-9]{1,3})(?:-[0-9]{1,3})?)?\.conf$`).FindStringSubmatch(name)
	if m == nil {
		return e, 0, false
	}
	rank, _ := strconv.ParseUint(m[1], 10, 64) // digits, and not too many
	left, _ := strconv.Atoi(m[3])              // digits or nothing
	return bootEntry{name: name, rank: rank, counted: m[3] != "", left: left}, int(m[2][0] - 'a'), true
}

var errEntries = errors.New("want an entry of each slot: usher-2-a.conf and usher-1-b.conf to begin with")

func (s *SystemdBoot) entries() (both [2]bootEntry, err error) {
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return both, fmt.Errorf("read boot entries: %w", err)
	}
	for _, f := range list {
		// Of two names that a power cut left, the higher counts.
		if e, slot, ok := parseEntry(f.Name()); ok && e.rank >= both[slot].rank {
			both[slot] = e
		}
	}
	if both[0].name == "" || both[1].name == "" || both[0].rank == both[1].rank {
		return both, fmt.Errorf("%s: %w", s.dir, errEntries)
	}
	return both, nil
}

func first(both [2]bootEntry) int {
	if both[1].rank > both[0].rank {
		return 1
	}
	return 0
}

// Choice implements Loader.
func (s *SystemdBoot) Choice() (Choice, error) {
	both, err := s.entries()
	if err != nil {
		return Choice{}, err
	}
	i := first(both)
	return Choice{First: i, Trial: both[i].counted, Left: min(both[i].left, attempts)}, nil
}

// Choose implements Loader.
func (s *SystemdBoot) Choose(c Choice) error {
	both, err := s.entries()
	if err != nil {
		return err
	}
	rank, counter := both[c.First].rank, ""
	if c.First != first(both) {
		rank = both[1-c.First].rank + 1
	}
	if c.Trial {
		counter = "+" + strconv.Itoa(c.Left)
	}
	now, next := both[c.First].name, fmt.Sprintf("usher-%d-%s%s.conf", rank, names[c.First], counter)
	if now == next {
		return nil
	}
	if err := os.Rename(filepath.Join(s.dir, now), filepath.Join(s.dir, next)); err != nil {
		return fmt.Errorf("name the boot entry: %w", err)
	}
	return syncFileSystem(s.dir)
}

// syncFileSystem flushes a whole file system: fsync of a folder is nothing on
// FAT.
func syncFileSystem(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("flush boot entries: %w", err)
	}
	err = unix.Syncfs(int(f.Fd()))
	if err != nil {
		err = fmt.Errorf("flush boot entries: %w", err)
	}
	return errors.Join(err, f.Close())
}
