//go:build linux

package launch

import (
	"bytes"
	"log/slog"
	"regexp"
	"sync"
)

// Bounds of what a program may put into the log.
const (
	maxLine  = 512 // bytes of a line that are kept
	maxLines = 500 // lines of one run that are kept; the rest is counted
)

// lineLog writes what a program prints to the log at debug level, line by
// line, without addresses, and not without end.
type lineLog struct {
	log  *slog.Logger
	name string
	url  *regexp.Regexp

	mu      sync.Mutex
	rest    []byte
	lines   int
	dropped int
}

func newLineLog(log *slog.Logger, name string) *lineLog {
	return &lineLog{log: log, name: name, url: regexp.MustCompile(`(https?)://\S+`)}
}

// Write never fails, so that the program never meets a closed pipe.
func (l *lineLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		line, after, found := bytes.Cut(b, []byte{'\n'})
		room := max(maxLine-len(l.rest), 0)
		l.rest = append(l.rest, line[:min(room, len(line))]...)
		b = after
		if found {
			l.emitLocked()
		}
	}
	return n, nil
}

// flush logs an unfinished line and the number of lines left out.
func (l *lineLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.emitLocked()
	if l.dropped > 0 {
		l.log.Debug("Program output left out", "name", l.name, "lines", l.dropped)
	}
}

func (l *lineLog) emitLocked() {
	line := bytes.TrimSpace(l.rest)
	l.rest = l.rest[:0]
	if len(line) == 0 {
		return
	}
	if l.lines++; l.lines > maxLines {
		l.dropped++
		return
	}
	l.log.Debug("Program output", "name", l.name, "line", string(l.url.ReplaceAll(line, []byte("$1://…"))))
}
