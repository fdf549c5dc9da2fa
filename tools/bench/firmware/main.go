// Command firmware compares installers of firmware: Usher, Debian's RAUC and
// Debian's SWUpdate bring the same image of 256 MiB into the same slot, a loop
// device, and take turns. Before each turn the slot is full of something else
// and nothing is in memory. It is measured how long that takes, how much memory
// it needs, and what comes over the network when a twentieth of the image is
// new, beside casync and what is possible at all.
//
// It needs root, for loop devices. Figures depend on the machine; compare
// within a run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

func main() {
	root := flag.String("root", "..", "the repository")
	release := flag.String("usher-release", "../bin/usher-release", "the tool that makes releases")
	out := flag.String("out", "", "results file whose section is replaced; empty: print only")
	dir := flag.String("dir", "", "folder on the disk to measure; empty: a temporary one")
	direct := flag.Bool("direct-io", false, "loop devices that go past the page cache of their files, where those are on the disk")
	rounds := flag.Int("rounds", 7, "rounds, in which the contenders take turns")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(stage{ctx: ctx, dir: *dir, word: "on the disk", direct: *direct, root: *root, release: *release}, *out, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench-firmware:", err)
		os.Exit(1)
	}
}

// run measures on the disk, and in memory.
func run(disk stage, out string, rounds int) error {
	if os.Getuid() != 0 {
		return errors.New("loop devices need root: sudo make bench-firmware")
	}
	began := time.Now()
	var list []*bench
	memory := disk
	memory.dir, memory.word, memory.direct = "/dev/shm", "in memory", false
	for _, s := range []stage{disk, memory} {
		b, err := at(s, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", s.word, err)
		}
		list = append(list, b)
	}
	text := report(list, results.Machine(), rounds, time.Since(began))
	fmt.Println(text)
	if out == "" {
		return nil
	}
	return results.WriteSection(out, "Firmware: Usher beside RAUC, SWUpdate and casync", text)
}

// at measures on one medium.
func at(s stage, rounds int) (b *bench, err error) {
	if s.dir, err = os.MkdirTemp(s.dir, "bench-firmware-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	defer s.close()
	if err := s.open(); err != nil {
		return nil, err
	}
	b = &bench{stage: &s}
	service := &rauc{s: &s}
	b.list = []contender{
		&usher{s: &s, kind: fromOld}, &usher{s: &s, kind: usual}, &usher{s: &s, kind: again}, &usher{s: &s, kind: whole},
		service,
		raucZstd{service},
		&swupdate{s: &s}, &raw{s: &s}, &raw{s: &s, direct: true},
		reading{s: &s},
	}
	return b, b.measure(rounds)
}

// stage is what all contenders share: images, slots, keys, and a place for
// their files.
type stage struct {
	ctx                context.Context
	dir, root, release string
	word               string // where it is, for people
	direct             bool   // its loop devices go past the page cache of their files
	one, two, junk     string // images: the one that runs, the next, and what is in the slot before
	a, b               string // loop devices
	images             images
	ends               []func()
}

func (s *stage) at(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// later has something done at the end.
func (s *stage) later(end func()) { s.ends = append(s.ends, end) }

func (s *stage) close() {
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.ends[i]()
	}
}

func (s *stage) open() error {
	for _, step := range []func() error{s.makeImages, s.makeSlots, s.makeKeys} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// makeSlots makes two loop devices, the first with the image that runs.
func (s *stage) makeSlots() error {
	for _, slot := range []struct {
		name string
		loop *string
	}{{"a.slot", &s.a}, {"b.slot", &s.b}} {
		if err := errors.Join(os.WriteFile(s.at(slot.name), nil, 0o600), os.Truncate(s.at(slot.name), slotSize)); err != nil {
			return err
		}
		loop, err := s.output("losetup", "-f", "--show", fmt.Sprintf("--direct-io=%s", map[bool]string{true: "on", false: "off"}[s.direct]), s.at(slot.name))
		if err != nil {
			return fmt.Errorf("no loop devices here: %w", err)
		}
		s.later(func() { _ = exec.Command("losetup", "-d", loop).Run() }) //nolint:noctx // also after an interrupt
		*slot.loop = loop
	}
	return s.fill(s.a, s.one)
}

// fill copies an image into a slot, and onto the disk.
func (s *stage) fill(loop, image string) error {
	_, err := s.output("dd", "if="+image, "of="+loop, "bs=4M", "conv=fsync,notrunc", "status=none")
	return err
}

// forget empties the page cache, so that everybody reads from the disk.
func forget() error {
	syscall.Sync()
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3\n"), 0)
}
