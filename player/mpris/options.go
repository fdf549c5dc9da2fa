package mpris

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"usher/player"
)

// Names of MPRIS 2.
const (
	namePrefix  = "org.mpris.MediaPlayer2."
	objectPath  = "/org/mpris/MediaPlayer2"
	rootIface   = "org.mpris.MediaPlayer2"
	playerIface = "org.mpris.MediaPlayer2.Player"
	propsIface  = "org.freedesktop.DBus.Properties"
)

// Limits of every wait on a player.
const (
	callLimit   = 500 * time.Millisecond // one D-Bus call or one write to mpv
	ipcLimit    = 2 * time.Second        // for a player's own interface to appear after its bus name
	defaultOpen = 20 * time.Second       // Options.OpenTimeout
	hungCalls   = 10                     // calls in a row without an answer: the player hangs
)

// Options says which player to drive. Logger must be set.
type Options struct {
	// Bus is "session", "system" or a D-Bus address. Empty is "session".
	Bus string
	// Dial connects to a bus that has no address, such as one in the same
	// process (playertest.Bus). nil dials Bus.
	Dial  func(context.Context) (io.ReadWriteCloser, error)
	Match Match
	// Socket is the path of mpv's JSON IPC (--input-ipc-server) of the same
	// player; empty is none.
	Socket string
	// Open opens a title in a way of the player's own that does more than
	// OpenUri, such as VLC's with subtitle files, and from Media.Start or the
	// key frame before. It may block until ctx ends,
	// which is soon. When it fails, OpenUri is called. nil is OpenUri.
	Open func(ctx context.Context, m player.Media) error
	// Video says that the player shows a picture somewhere.
	Video bool
	// OpenTimeout is how long a title may take to its first picture; 0 is 20 s.
	OpenTimeout time.Duration
	// Hung is called, from Run's goroutine, when the player has not answered
	// for about 5 s, so that its supervisor can kill it; it must not block.
	// nil is no one.
	Hung func()
	// Called is told, from Run's goroutine, of each D-Bus call that was answered
	// and carried out a command, with the command's word; it must not block. nil
	// is no one.
	Called func(verb string, sent, answered time.Time)
	Logger *slog.Logger
}

// Match says which bus names are the player.
type Match struct {
	// Name is the well-known name without instance suffix, such as
	// "org.mpris.MediaPlayer2.mpv"; the prefix may be left out. Empty is any.
	Name string
	// PID gives the process that must own the name, 0 when there is none at
	// present. nil accepts every process.
	PID func() int
	// UIDs are the users that may own the name; empty accepts every user that
	// the bus lets own it.
	UIDs []uint32
}

// named says whether a well-known bus name may be the player's.
func (m Match) named(name string) bool {
	if !strings.HasPrefix(name, namePrefix) || quirkOf(name).Ignored {
		return false
	}
	if m.Name == "" {
		return true
	}
	want := namePrefix + strings.TrimPrefix(m.Name, namePrefix)
	return name == want || strings.HasPrefix(name, want+".")
}

// owned says whether a process of a user may be the player.
func (m Match) owned(pid int, uid uint32) bool {
	if m.PID != nil && (pid == 0 || pid != m.PID()) {
		return false
	}
	for _, u := range m.UIDs {
		if u == uid {
			return true
		}
	}
	return len(m.UIDs) == 0
}
