//go:build linux

package evdev

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/remote"
)

// scan looks at all nodes.
func (l *loop) scan() {
	nodes, err := filepath.Glob(filepath.Join(l.r.opt.Dir, "event*"))
	if err != nil {
		l.r.log.Error("Input devices not listed", "err", err) // a folder with a strange name
	}
	for _, n := range nodes {
		l.look(n)
	}
	l.publish()
}

// look brings a node up to date: opens it, tries it again, or lets it go.
func (l *loop) look(node string) {
	if !strings.HasPrefix(filepath.Base(node), "event") || l.open[node] != nil && exists(node) {
		return
	}
	was := l.known[node].Problem
	l.drop(node)
	if !exists(node) {
		return
	}
	d, s, err := l.take(node)
	if err != nil {
		d.Problem, d.Hint = err.Error(), hint(err)
		l.again = now() + l.r.opt.retry
	}
	if d.Problem != was && err != nil {
		l.r.log.Info("Input device not read", "node", node, "name", d.Name, "err", err)
	}
	l.known[node] = d
	if s != nil {
		l.open[node] = s
		l.r.log.Info("Remote", "node", node, "name", d.Name, "keymap", d.Table)
	}
}

// retry looks again at devices with a problem.
func (l *loop) retry() {
	if l.again == 0 || now() < l.again {
		return
	}
	l.again = 0
	for _, node := range slices.Collect(maps.Keys(l.known)) {
		if l.known[node].Problem != "" {
			l.look(node)
		}
	}
	l.publish()
}

func exists(node string) bool { return unix.Access(node, unix.F_OK) == nil }

// hint is the next step for who wonders why a remote is dead.
func hint(err error) string {
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return "Let usherd's user into group input, or install the udev rule 70-usher.rules."
	case errors.Is(err, unix.EBUSY):
		return "Another program has taken it (often a remote daemon such as eventlircd, inputlirc or triggerhappy); stop that one."
	}
	return "Plug it in again; usher remote list shows whether it comes back."
}

// take opens a device, and reads it when it is one to be read.
func (l *loop) take(node string) (d Device, s *source, err error) {
	d = Device{Node: node, Kind: Other}
	fd, err := unix.Open(node, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return d, nil, fmt.Errorf("open: %w", err)
	}
	keep := false
	defer func() {
		if !keep {
			_ = unix.Close(fd)
		}
	}()
	f, err := l.r.opt.kernel.facts(fd)
	if err != nil {
		return d, nil, err
	}
	table := l.keymap.Of(f.id)
	d = Device{
		Node: node, Name: f.id.Name, Kind: f.kind(table.Keys), Bus: f.id.Bus, Vendor: f.id.Vendor, Product: f.id.Product,
		Unique: f.id.Unique, Table: table.Name,
	}
	if !wanted(d.Kind, table.Use) {
		return d, nil, nil
	}
	if err := l.r.opt.kernel.grab(fd); err != nil {
		return d, nil, err
	}
	d.Read, keep = true, true
	return d, &source{fd: fd, dev: d, keys: table.Keys, down: map[uint16]bool{}}, nil
}

// drop forgets a node; what was down on it is let go.
func (l *loop) drop(node string) {
	delete(l.known, node)
	s := l.open[node]
	if s == nil {
		return
	}
	delete(l.open, node)
	_ = unix.Close(s.fd)
	l.publish() // before anybody learns of it by a key
	l.emit(l.presses.Gone(node, l.time(now())))
}

func (l *loop) publish() {
	list := make([]Device, 0, len(l.known))
	for _, n := range slices.Sorted(maps.Keys(l.known)) {
		list = append(list, l.known[n])
	}
	l.r.mu.Lock()
	l.r.list = list
	l.r.mu.Unlock()
}

// readMost is how many times a device is read in one turn: one that never ends
// must not keep the others, and the end, waiting.
const readMost = 16

// read takes in what a device has to say.
func (l *loop) read(node string) {
	s := l.open[node]
	buf := make([]byte, 64*sizeOf(8))
	for range readMost {
		n, err := unix.Read(s.fd, buf)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil || n == 0: // ENODEV: it went away
			l.r.log.Info("Remote gone", "node", node, "name", s.dev.Name)
			l.drop(node)
			return
		}
		var events []input
		events, s.rest = decode(append(s.rest, buf[:n]...), int(unsafe.Sizeof(uintptr(0))))
		for _, e := range events {
			l.input(node, s, e)
		}
	}
}

// input is one event of a device.
func (l *loop) input(node string, s *source, e input) {
	switch {
	case e.kind == evSyn && e.code == synDropped:
		s.dropped = true
	case e.kind == evSyn && e.code == synReport && s.dropped:
		s.dropped = false
		l.resync(node, s)
	case e.kind == evKey && !s.dropped && e.value == keyDown:
		l.press(node, s, e)
	case e.kind == evKey && !s.dropped && e.value == keyUp:
		delete(s.down, e.code)
		l.emit(l.presses.Up(remote.Button{Device: node, Code: uint32(e.code)}, l.time(e.at)))
	}
}

func (l *loop) press(node string, s *source, e input) {
	s.down[e.code] = true
	l.r.mu.Lock()
	learner := l.r.learner
	l.r.learner = nil
	l.r.mu.Unlock()
	if learner != nil {
		learner <- Learned{Device: s.dev, Code: uint32(e.code), Name: l.codes.Name(uint32(e.code)), Means: means(s.keys[uint32(e.code)])}
		return
	}
	l.emit(l.presses.Down(remote.Button{Device: node, Code: uint32(e.code)}, s.keys[uint32(e.code)], l.time(e.at)))
}

// resync lets go of keys that came up while the kernel was dropping events.
// One that went down meanwhile is not made up: nobody knows when.
func (l *loop) resync(node string, s *source) {
	down, err := l.r.opt.kernel.down(s.fd)
	if err != nil {
		l.r.log.Warn("Keys not read again", "node", node, "err", err)
		down = nil // then none is down
	}
	for _, code := range slices.Sorted(maps.Keys(s.down)) {
		if down.has(int(code)) {
			continue
		}
		delete(s.down, code)
		l.emit(l.presses.Up(remote.Button{Device: node, Code: uint32(code)}, l.time(now())))
	}
}

// means is a binding in words.
func means(b remote.Binding) map[string]remote.Key {
	m := map[string]remote.Key{"short": b.Short, "long": b.Long, "double": b.Double}
	maps.DeleteFunc(m, func(_ string, k remote.Key) bool { return k == "" })
	return m
}
