//go:build linux

package evdev

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/remote"
	"usher/device/remote/keymap"
)

// Dir is where the kernel has its input devices.
const Dir = "/dev/input"

// retryEvery is how often a device is tried again that another program holds:
// nothing tells when it is free.
const retryEvery = 10 * time.Second

// Options configure a Reader. All but Dir are required.
type Options struct {
	Dir    string // default Dir
	Map    *keymap.Map
	Emit   func(remote.Event) // called from Run; must not block
	Logger *slog.Logger

	kernel prober        // tests
	retry  time.Duration // tests
}

// prober is what is asked of an open device.
type prober interface {
	facts(fd int) (facts, error)
	down(fd int) (bits, error)
	grab(fd int) error
}

// Reader reads all remotes of a box.
type Reader struct {
	opt Options
	log *slog.Logger

	mu      sync.Mutex
	wake    int // eventfd while Run runs, else -1
	list    []Device
	fresh   *keymap.Map  // to be put in force
	learner chan Learned // the next press goes here
}

// Learned is a press that a person made to show a button.
type Learned struct {
	Device Device `json:"device"`
	Code   uint32 `json:"code"`
	Name   string `json:"name"` // the kernel's
	// Means is what it means, by "short", "long" and "double".
	Means map[string]remote.Key `json:"means"`
}

// New makes a Reader.
func New(o Options) *Reader {
	if o.Dir == "" {
		o.Dir = Dir
	}
	if o.kernel == nil {
		o.kernel, o.retry = kernel{}, retryEvery
	}
	return &Reader{opt: o, log: o.Logger, wake: -1}
}

// Devices are the input devices there are, by node.
func (r *Reader) Devices() []Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// Use puts another keymap in force, for all devices.
func (r *Reader) Use(m *keymap.Map) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh = m
	r.poke()
}

// Learn waits for the next press of any button of a device that is read, which
// then does nothing else. The error is that of ctx.
func (r *Reader) Learn(ctx context.Context) (Learned, error) {
	c := make(chan Learned, 1)
	r.mu.Lock()
	r.learner = c
	r.mu.Unlock()
	select {
	case l := <-c:
		return l, nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.learner == c {
		r.learner = nil
	}
	return Learned{}, fmt.Errorf("learn a button: %w", context.Cause(ctx))
}

// poke has Run look up; r.mu is held.
func (r *Reader) poke() {
	if r.wake >= 0 {
		one := uint64(1)
		_, _ = unix.Write(r.wake, (*[8]byte)(unsafe.Pointer(&one))[:]) // full only when poked 2^64 times
	}
}

// Run reads until ctx ends. An error is that there is nothing to watch: the
// folder is missing, or the kernel has no inotify left.
func (r *Reader) Run(ctx context.Context) error {
	l, err := r.open()
	if err != nil {
		return err
	}
	defer l.close()
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.poke()
	})()
	l.scan()
	for ctx.Err() == nil {
		if err := l.turn(); err != nil {
			return err
		}
	}
	return nil
}

// loop is what Run owns.
type loop struct {
	r       *Reader
	keymap  *keymap.Map
	codes   keymap.Codes
	wake    int
	inotify int
	open    map[string]*source // by node
	known   map[string]Device  // all that were seen, by node
	presses remote.Presses
	clock   time.Duration // of the newest event or tick
	again   time.Duration // when devices with a problem are tried again; 0: there are none
}

// source is a device that is read.
type source struct {
	fd      int
	dev     Device
	keys    map[uint32]remote.Binding
	rest    []byte
	dropped bool            // until the next SYN_REPORT events are incomplete
	down    map[uint16]bool // as far as was read
}

func (r *Reader) open() (*loop, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	l := &loop{
		r: r, keymap: r.opt.Map, codes: keymap.NewCodes(), wake: wake, inotify: -1,
		open: map[string]*source{}, known: map[string]Device{},
	}
	r.mu.Lock()
	r.wake = wake
	r.mu.Unlock()
	if l.inotify, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err == nil {
		// udev gives a new node its group a moment after it appears.
		_, err = unix.InotifyAddWatch(l.inotify, r.opt.Dir, unix.IN_CREATE|unix.IN_ATTRIB|unix.IN_DELETE|unix.IN_MOVED_TO)
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("watch %s: %w", r.opt.Dir, err)
	}
	return l, nil
}

func (l *loop) close() {
	for _, node := range slices.Collect(maps.Keys(l.open)) {
		l.drop(node)
	}
	l.r.mu.Lock()
	l.r.wake, l.r.list = -1, nil
	l.r.mu.Unlock()
	for _, fd := range []int{l.wake, l.inotify} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// turn waits for something to happen and deals with it.
func (l *loop) turn() error {
	polls := []unix.PollFd{{Fd: int32(l.wake), Events: unix.POLLIN}, {Fd: int32(l.inotify), Events: unix.POLLIN}}
	nodes := slices.Sorted(maps.Keys(l.open))
	for _, n := range nodes {
		polls = append(polls, unix.PollFd{Fd: int32(l.open[n].fd), Events: unix.POLLIN})
	}
	if _, err := unix.Poll(polls, l.patience()); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("poll: %w", err)
	}
	for i, n := range nodes {
		if polls[i+2].Revents != 0 {
			l.read(n)
		}
	}
	l.emit(l.presses.Tick(l.time(now())))
	l.retry()
	if polls[0].Revents != 0 {
		l.woken()
	}
	if polls[1].Revents != 0 {
		l.changed()
	}
	return nil
}

// patience is how long poll may wait, ms; -1 is for ever.
func (l *loop) patience() int {
	at, ok := l.presses.Due()
	if l.again > 0 && (!ok || l.again < at) {
		at, ok = l.again, true
	}
	if !ok {
		return -1
	}
	return int(max(at-now(), 0)/time.Millisecond) + 1
}

// time keeps the clock of the presses from running backwards: an event may be
// read after a tick that came later.
func (l *loop) time(t time.Duration) time.Duration {
	l.clock = max(l.clock, t)
	return l.clock
}

func (l *loop) emit(events []remote.Event) {
	for _, e := range events {
		l.r.opt.Emit(e)
	}
}

// woken puts a new keymap in force.
func (l *loop) woken() {
	var b [8]byte
	_, _ = unix.Read(l.wake, b[:]) // nothing to be learned from the count
	l.r.mu.Lock()
	m := l.r.fresh
	l.r.fresh = nil
	l.r.mu.Unlock()
	if m == nil {
		return
	}
	l.keymap = m
	for _, node := range slices.Collect(maps.Keys(l.known)) {
		l.drop(node)
	}
	l.scan()
}

// changed reads what inotify says and looks at each node it names.
func (l *loop) changed() {
	buf := make([]byte, 64*(unix.SizeofInotifyEvent+unix.NAME_MAX+1))
	touched := map[string]bool{}
	for {
		n, err := unix.Read(l.inotify, buf)
		if err != nil || n < unix.SizeofInotifyEvent {
			break
		}
		for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			e := (*unix.InotifyEvent)(unsafe.Pointer(&b[0]))
			end := unix.SizeofInotifyEvent + int(e.Len)
			if end > len(b) {
				break
			}
			name, _, _ := strings.Cut(string(b[unix.SizeofInotifyEvent:end]), "\x00")
			touched[name] = true
			if e.Mask&unix.IN_Q_OVERFLOW != 0 {
				l.scan()
			}
			b = b[end:]
		}
	}
	for name := range touched {
		l.look(filepath.Join(l.r.opt.Dir, name))
	}
	l.publish()
}
