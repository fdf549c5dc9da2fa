package mpris

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// maxIPCLine bounds one line of mpv's JSON IPC.
const maxIPCLine = 1 << 20

// ipcMessage is an event or a reply of mpv's JSON IPC.
type ipcMessage struct {
	Event     string          `json:"event"`
	Name      string          `json:"name"`
	Data      json.RawMessage `json:"data"`
	Entry     int64           `json:"playlist_entry_id"`
	Reason    string          `json:"reason"`
	FileError string          `json:"file_error"`
	Request   int64           `json:"request_id"`
	Error     string          `json:"error"`
}

// parseIPC decodes one line.
func parseIPC(line []byte) (ipcMessage, error) {
	var m ipcMessage
	if err := json.Unmarshal(line, &m); err != nil {
		return m, fmt.Errorf("decode mpv message: %w", err)
	}
	return m, nil
}

// flag is the data as a yes or no; anything else is no.
func (m ipcMessage) flag() bool { return string(m.Data) == "true" }

// text is the data as a string, or empty.
func (m ipcMessage) text() string {
	var s string
	_ = json.Unmarshal(m.Data, &s) // another type is no text
	return s
}

// loadedEntry is the playlist entry in the reply to loadfile, or 0.
func (m ipcMessage) loadedEntry() int64 {
	var d struct {
		Entry int64 `json:"playlist_entry_id"`
	}
	_ = json.Unmarshal(m.Data, &d) // an old mpv replies null
	return d.Entry
}

// ipc is a connection to mpv's JSON IPC.
type ipc struct {
	conn   net.Conn
	events chan ipcMessage // closed when the connection ends
	quit   chan struct{}
	wg     sync.WaitGroup
}

// openIPC connects to the socket at path; mpv makes it about when it appears
// on D-Bus, so it is tried until ctx ends.
func openIPC(ctx context.Context, path string) (*ipc, error) {
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err == nil {
			c := &ipc{conn: conn, events: make(chan ipcMessage, 64), quit: make(chan struct{})}
			c.wg.Go(c.read)
			return c, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("open mpv socket: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// read passes on events until the connection ends. Lines that are no JSON are
// skipped: they are not worth losing the player for.
func (c *ipc) read() {
	defer close(c.events)
	lines := bufio.NewScanner(c.conn)
	lines.Buffer(make([]byte, 0, 4096), maxIPCLine)
	for lines.Scan() {
		m, err := parseIPC(lines.Bytes())
		if err != nil {
			continue
		}
		select {
		case c.events <- m:
		case <-c.quit:
			return
		}
	}
}

// send writes a command; args is its array or its object form. With async,
// commands that take long (sub-add reads a URL) do not hold up mpv.
func (c *ipc) send(request int64, async bool, args any) error {
	b, err := json.Marshal(map[string]any{"command": args, "request_id": request, "async": async})
	if err != nil {
		return fmt.Errorf("encode mpv command: %w", err)
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(callLimit)); err != nil {
		return fmt.Errorf("write to mpv: %w", err)
	}
	if _, err := c.conn.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write to mpv: %w", err)
	}
	return nil
}

// close ends the connection and waits for the reader.
func (c *ipc) close() {
	close(c.quit)
	_ = c.conn.Close() // nothing is left to lose
	c.wg.Wait()
}
