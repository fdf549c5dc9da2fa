package systemd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

// firstFD is the first descriptor passed (SD_LISTEN_FDS_START).
const firstFD = 3

// maxFDs is more than any unit of ours passes.
const maxFDs = 32

// Listeners takes over the stream sockets that were opened for this process;
// pid is its own. Without any the list is empty. Each is found again by its
// address: LISTEN_FDNAMES is not needed. Call it once; on an error nothing
// stays open.
func Listeners(env Env, pid int) ([]net.Listener, error) {
	return listeners(env, pid, firstFD)
}

func listeners(env Env, pid, first int) ([]net.Listener, error) {
	owner, ok := env("LISTEN_PID")
	if !ok || owner != strconv.Itoa(pid) {
		return nil, nil // none, or inherited by mistake: they are another process's
	}
	text, _ := env("LISTEN_FDS")
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxFDs {
		return nil, fmt.Errorf("LISTEN_FDS %q: not a number of sockets", text)
	}
	var all []net.Listener
	var problems []error
	for fd := first; fd < first+n; fd++ {
		l, err := take(fd)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, l)
	}
	if len(problems) == 0 {
		return all, nil
	}
	for _, l := range all {
		problems = append(problems, l.Close())
	}
	return nil, errors.Join(problems...)
}

// take makes a listener of a descriptor. net.FileListener works on a copy that
// children do not inherit; the original is closed.
func take(fd int) (net.Listener, error) {
	f := os.NewFile(uintptr(fd), "socket "+strconv.Itoa(fd))
	if f == nil {
		return nil, fmt.Errorf("descriptor %d: not open", fd)
	}
	l, err := net.FileListener(f)
	if closed := f.Close(); err == nil && closed != nil {
		err = errors.Join(closed, l.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("descriptor %d is not a listening socket: %w", fd, err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // it is the manager's, and there for the next start
	}
	return l, nil
}

// At takes the listener with this address out of a list: network is "tcp" or
// "unix", as in net.Listen. It gives nil when there is none.
func At(list []net.Listener, network, address string) (found net.Listener, rest []net.Listener) {
	for _, l := range list {
		if a := l.Addr(); found == nil && a.Network() == network && a.String() == address {
			found = l
			continue
		}
		rest = append(rest, l)
	}
	return found, rest
}
