package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"usher/firmware/abslots"
	"usher/firmware/slotd"
	"usher/firmware/trust"
	"usher/internal/config"
	"usher/internal/durable"
	"usher/systemd"
)

// The boot loader's word on what it started: a program in front of the root
// file system leaves files, any other tells the kernel.
const (
	bootFolder = "/run/usher-boot" // slot: a or b; trial: is there when that is on trial
	slotWord   = "usher.slot"      // of the kernel's command line: usher.slot=a
	trialWord  = "usher.trial"
	// countedFile is there when systemd-boot counts this start (systemd-boot(7)).
	countedFile = "/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
)

// booted is what the boot loader started.
type booted struct {
	slot  string // "a" or "b"
	trial bool   // not proved yet
}

// readBooted reads the boot loader's word; folder is bootFolder, cmdline the
// kernel's command line.
func readBooted(folder, cmdline string) (booted, error) {
	data, err := durable.Read(filepath.Join(folder, "slot"), 16)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		line, err := os.ReadFile(cmdline)
		if err != nil {
			return booted{}, fmt.Errorf("see which slot was started: %w", err)
		}
		return bootedOf(string(line)), nil
	case err != nil:
		return booted{}, fmt.Errorf("see which slot was started: %w", err)
	}
	b := booted{slot: strings.TrimSpace(string(data))}
	_, err = os.Stat(filepath.Join(folder, "trial"))
	b.trial = err == nil
	return b, nil
}

// bootedOf reads the kernel's command line.
func bootedOf(cmdline string) (b booted) {
	for _, word := range strings.Fields(cmdline) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case slotWord:
			b.slot = value
		case trialWord:
			b.trial = value != "0"
		}
	}
	return b
}

func bootedNow() (booted, error) {
	b, err := readBooted(bootFolder, "/proc/cmdline")
	if _, counted := os.Stat(countedFile); counted == nil {
		b.trial = true
	}
	return b, err
}

// localSlots are slots that this process opens itself.
type localSlots struct {
	*abslots.Slots
	running *abslots.File
	close   func() error
}

var errSlots = errors.New("board, record and two slots belong together, and the boot loader says which slot runs (usher.slot=a or b)")

// openSlots opens record and slots; the one that runs only to be read.
func openSlots(c config.Firmware, slot string, log *slog.Logger) (l localSlots, err error) {
	at := strings.Index("ab", slot)
	if c.Board == "" || c.Record == "" || len(c.Slots) != 2 || len(slot) != 1 || at < 0 {
		return l, errSlots
	}
	loader, closeLoader, err := abslots.OpenLoader(c.Loader)
	if err != nil {
		return l, fmt.Errorf("boot loader: %w", err)
	}
	var open []*abslots.File
	l.close = func() error {
		problems := []error{closeLoader()}
		for _, f := range open {
			problems = append(problems, f.Close())
		}
		return errors.Join(problems...)
	}
	for i, path := range []string{c.Record, c.Slots[0], c.Slots[1]} {
		way := abslots.OpenFile
		if i == 1+at {
			way = abslots.OpenRunning
		}
		f, err := way(path)
		if err != nil {
			return l, errors.Join(err, l.close())
		}
		open = append(open, f)
	}
	l.running = open[1+at]
	l.Slots = abslots.New(abslots.Options{
		Record: open[0], Images: [2]abslots.Disk{open[1], open[2]}, Booted: at, Board: c.Board, Loader: loader, Logger: log,
	})
	return l, nil
}

// helped are slots behind the helper, and the image that runs.
type helped struct {
	client *slotd.Client
	log    *slog.Logger

	mu      sync.Mutex
	running *os.File // nil: not opened yet
	size    int64
}

// old is the image that runs: what is in it is not fetched. Without it everything
// is.
func (h *helped) old() (io.ReaderAt, int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running == nil {
		f, size, err := h.client.Running(context.Background())
		if err != nil {
			h.log.Warn("The image that runs is not read, so all of the next one is fetched", "err", err)
			return nil, 0
		}
		h.running, h.size = f, size
	}
	return h.running, h.size
}

func (h *helped) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running == nil {
		return nil
	}
	return h.running.Close()
}

// helperIdle is how long the helper stays for another call: an update makes
// several, a minute apart at most.
const helperIdle = 2 * time.Minute

// runSlotsHelper is the program that may write slots (firmware/slotd), started
// by its socket.
func runSlotsHelper(ctx context.Context, cfg *config.Loaded, log *slog.Logger) error {
	c := cfg.Firmware
	l, err := helperSocket(c.Helper)
	if err != nil {
		return &startError{err: err, code: exitUsage, hint: "it is started by its socket: systemctl start usher-slots.socket"}
	}
	defer l.Close()
	o, done, err := helperOptions(cfg, log)
	if err != nil {
		return &startError{err: fmt.Errorf("open the slots: %w", err), code: exitUsage, hint: "see the section [firmware] of docs/usher.toml"}
	}
	defer func() { _ = done() }() // what was written was flushed
	if o.Allow, err = helperCallers(c.Helper); err != nil {
		return err
	}
	manager, err := systemd.NewNotifier(os.LookupEnv, os.Getpid())
	if err == nil {
		err = manager.Ready("Ready for usherd")
	}
	if err != nil {
		log.Warn("Service manager not told", "err", err)
	}
	return slotd.New(o).Run(ctx, l)
}

// helperSocket is the socket that the service manager opened.
func helperSocket(path string) (*net.UnixListener, error) {
	list, err := systemd.Listeners(os.LookupEnv, os.Getpid())
	if err != nil {
		return nil, err
	}
	found, rest := systemd.At(list, "unix", path)
	for _, l := range rest {
		_ = l.Close()
	}
	l, ok := found.(*net.UnixListener)
	if !ok {
		return nil, fmt.Errorf("no socket %q was handed over", path)
	}
	return l, nil
}

// helperCallers are the owner of the socket, and root.
func helperCallers(path string) ([]uint32, error) {
	owner, err := slotd.Owner(path)
	return []uint32{owner, 0}, err
}

// helperOptions open what the helper works with. What it remembers of the
// signed metadata is its own.
func helperOptions(cfg *config.Loaded, log *slog.Logger) (o slotd.Options, done func() error, err error) {
	c := cfg.Firmware
	now, err := bootedNow()
	if err != nil {
		return o, nil, err
	}
	slots, err := openSlots(c, now.slot, log)
	if err != nil {
		return o, nil, err
	}
	clock := trust.NewClock(trust.ClockOptions{Built: builtAt(debug.ReadBuildInfo()), Wall: time.Now, Mono: sinceBoot(), Synced: clockSynced})
	keeper, disk, err := openTrust(cfg, c.Root, filepath.Join(cfg.StateDir, "trust"), clock, log)
	if err != nil {
		return o, nil, errors.Join(err, slots.close())
	}
	return slotd.Options{
		Slots: slots.Slots, Judge: slotd.Signed{Keeper: keeper, Board: c.Board}, Running: slots.running.File(), Idle: helperIdle, Logger: log,
	}, func() error { return errors.Join(slots.close(), disk.Close()) }, nil
}

// openTrust opens what is believed: the root of the box, and what was seen since.
func openTrust(cfg *config.Loaded, root, memory string, clock *trust.Clock, log *slog.Logger) (*trust.Keeper, io.Closer, error) {
	data, err := cfg.ReadFile(root, 1<<20)
	if err != nil {
		return nil, nil, err
	}
	disk, err := trust.OpenFile(memory)
	if err != nil {
		return nil, nil, err
	}
	keeper, err := trust.New(trust.Options{Root: data, Disk: disk, Clock: clock, Logger: log})
	if err != nil {
		return nil, nil, errors.Join(err, disk.Close())
	}
	return keeper, disk, nil
}
