package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mpvPlayer is mpv with its JSON IPC.
type mpvPlayer struct {
	cmd *exec.Cmd
	dir string
}

func (m *mpvPlayer) name() string { return "mpv" }

func (m *mpvPlayer) what() string {
	return "mpv --idle --no-config --vo=null --ao=null, nothing playing; JSON IPC over a unix socket, no access check; volume, mute, pause, path and time-pos observed"
}

func (m *mpvPlayer) pid() int { return m.cmd.Process.Pid }

func (m *mpvPlayer) socket() string { return filepath.Join(m.dir, "s") }

func (m *mpvPlayer) start(ctx context.Context) (err error) {
	if m.dir, err = os.MkdirTemp("", "bench-api-"); err != nil {
		return err
	}
	m.cmd = exec.CommandContext(ctx, "mpv", "--idle=yes", "--no-config", "--vo=null", "--ao=null", "--no-terminal", "--load-scripts=no", "--input-ipc-server="+m.socket())
	if err := m.cmd.Start(); err != nil {
		return fmt.Errorf("start mpv: %w", err)
	}
	for range 1000 {
		l, err := onSocket(m.socket())
		if err == nil {
			l.close()
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("mpv has no socket within 10 s")
}

func (m *mpvPlayer) version() string {
	out, err := exec.Command("mpv", "--version").Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) < 2 {
		return ""
	}
	return words[1]
}

func (m *mpvPlayer) stop() {
	if m.cmd != nil && m.cmd.Process != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
	}
	_ = os.RemoveAll(m.dir)
}

func (m *mpvPlayer) dial() (client, error) {
	l, err := onSocket(m.socket())
	if err != nil {
		return nil, err
	}
	c := &mpvClient{link: l}
	names := []string{"mute", "pause", "path", "time-pos", "volume"}
	for i, name := range names {
		if err := c.write(fmt.Appendf(nil, `{"command":["observe_property",%d,%q]}`, i+1, name)); err != nil {
			return nil, err
		}
	}
	// The first value of each is how things stand; that of the last comes last.
	_, err = c.until(`"name":"volume"`)
	return c, err
}

type mpvClient struct {
	*link
	id int
}

func (c *mpvClient) set(percent int) error {
	return c.write(fmt.Appendf(nil, `{"command":["set_property","volume",%d]}`, percent))
}

func (c *mpvClient) ask() error {
	c.id++
	if err := c.write(fmt.Appendf(nil, `{"command":["get_property","volume"],"request_id":%d}`, c.id)); err != nil {
		return err
	}
	_, err := c.until(fmt.Sprintf(`"request_id":%d,`, c.id), "success")
	return err
}

func (c *mpvClient) heard(percent int) error {
	return c.hear(`"name":"volume"`, fmt.Sprintf(`"data":%d.0`, percent))
}
