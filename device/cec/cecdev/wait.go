package cecdev

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// waiter waits in poll(2): for an adapter, for a change of device nodes, and
// for the end. Go's own poller does not know POLLPRI, by which CEC events come.
type waiter struct {
	end   int // eventfd: readable when all is over
	nodes int // inotify of the folder of nodes; -1: could not be had
}

func newWaiter(dir string) (*waiter, error) {
	end, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("make eventfd: %w", err)
	}
	w := &waiter{end: end, nodes: -1}
	if w.nodes, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err != nil {
		w.nodes = -1 // too many watches on this machine: the regular look does
		return w, nil
	}
	if _, err := unix.InotifyAddWatch(w.nodes, dir, unix.IN_CREATE|unix.IN_ATTRIB|unix.IN_DELETE); err != nil {
		_ = unix.Close(w.nodes)
		w.nodes = -1
	}
	return w, nil
}

func (w *waiter) close() {
	_ = unix.Close(w.end)
	if w.nodes >= 0 {
		_ = unix.Close(w.nodes)
	}
}

// stop ends every wait, now and later.
func (w *waiter) stop() {
	_, _ = unix.Write(w.end, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // fails only when it was stopped very often
}

// forever is no limit.
const forever = -time.Millisecond

// wait is what is ready on an adapter; 0 when all is over, or limit is.
func (w *waiter) wait(adapter int, limit time.Duration) (int16, error) {
	fds := []unix.PollFd{
		{Fd: int32(w.end), Events: unix.POLLIN},
		{Fd: int32(adapter), Events: unix.POLLIN | unix.POLLPRI},
	}
	if err := poll(fds, int(limit.Milliseconds())); err != nil {
		return 0, err
	}
	return fds[1].Revents, nil
}

// change waits until device nodes changed, or limit is over.
func (w *waiter) change(limit time.Duration) {
	fds := []unix.PollFd{{Fd: int32(w.end), Events: unix.POLLIN}, {Fd: int32(w.nodes), Events: unix.POLLIN}}
	_ = poll(fds, int(limit.Milliseconds())) // when it fails, it is looked again
	if w.nodes >= 0 {
		buf := make([]byte, 4096)
		for n, err := unix.Read(w.nodes, buf); err == nil && n > 0; n, err = unix.Read(w.nodes, buf) {
		}
	}
}

// poll waits until one of fds is ready; a negative descriptor is passed over.
func poll(fds []unix.PollFd, ms int) error {
	for {
		_, err := unix.Poll(fds, ms)
		if !errors.Is(err, unix.EINTR) {
			if err != nil {
				return fmt.Errorf("poll: %w", err)
			}
			return nil
		}
	}
}
