// Package endpoint says where the daemon's unix socket is, so that the daemon
// and the command line agree without asking each other.
//
// It never opens, creates or checks anything.
package endpoint

import (
	"os"
	"path/filepath"
	"strconv"
)

// Variable is the environment variable that names the socket.
const Variable = "USHER_SOCKET"

// DefaultSocket is where a daemon listens when nothing else was said. A demo
// belongs to the person who started it, so its socket is in that person's
// run-time folder, or in a folder of its own under /tmp, which the daemon must
// create with mode 0700.
func DefaultSocket(demo bool) string {
	return defaultSocket(demo, os.Getenv("XDG_RUNTIME_DIR"), os.Getuid())
}

func defaultSocket(demo bool, runtimeDir string, uid int) string {
	switch {
	case !demo:
		return "/run/usher/usher.sock"
	case filepath.IsAbs(runtimeDir):
		return filepath.Join(runtimeDir, "usher", "usher.sock")
	default:
		return filepath.Join("/tmp", "usher-"+strconv.Itoa(uid), "usher.sock")
	}
}

// Candidates lists the sockets that a client tries, in order: only the one
// given if there is one, else only that of $USHER_SOCKET, else the box's and
// then a demo's.
func Candidates(given string) []string {
	if given == "" {
		given = os.Getenv(Variable)
	}
	if given != "" {
		return []string{given}
	}
	return []string{DefaultSocket(false), DefaultSocket(true)}
}
