package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// usherBox is usherd in demo mode. The clients are pages: TCP, Origin, token.
type usherBox struct {
	program string
	cmd     *exec.Cmd
	dir     string
	addr    string
	token   string
}

func (u *usherBox) name() string { return "Usher" }

func (u *usherBox) what() string {
	return "usherd -demo (reference service and player inside); JSON-RPC 2.0 over WebSocket, with Host, Origin and token; all topics followed"
}

func (u *usherBox) pid() int { return u.cmd.Process.Pid }

func (u *usherBox) start(ctx context.Context) (err error) {
	if u.dir, err = os.MkdirTemp("", "bench-api-"); err != nil {
		return err
	}
	ready := filepath.Join(u.dir, "ready")
	u.cmd = exec.CommandContext(ctx, u.program, "-demo", "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", filepath.Join(u.dir, "s"), "-ready-file", ready)
	if err := u.cmd.Start(); err != nil {
		return fmt.Errorf("start usherd: %w", err)
	}
	for range 1000 {
		var at struct {
			Page string `json:"page"`
		}
		if data, err := os.ReadFile(ready); err == nil && json.Unmarshal(data, &at) == nil && at.Page != "" {
			return u.findToken(at.Page)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("usherd is not ready within 10 s")
}

// findToken reads the page, as a browser does.
func (u *usherBox) findToken(page string) error {
	res, err := http.Get(page)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	found := regexp.MustCompile(`name="usher-token" content="([^"]+)"`).FindSubmatch(text)
	if found == nil {
		return errors.New("the page has no token")
	}
	u.token, u.addr = string(found[1]), res.Request.URL.Host
	return nil
}

func (u *usherBox) version() string {
	out, err := exec.Command(u.program, "-version").Output()
	if err != nil {
		return ""
	}
	words := strings.Fields(string(out))
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

func (u *usherBox) stop() {
	if u.cmd != nil && u.cmd.Process != nil {
		_ = u.cmd.Process.Signal(os.Interrupt)
		_ = u.cmd.Wait()
	}
	_ = os.RemoveAll(u.dir)
}

func (u *usherBox) dial() (client, error) {
	d := websocket.Dialer{Subprotocols: []string{"usher.v1"}}
	ws, _, err := d.Dial("ws://"+u.addr+"/rpc", http.Header{"Origin": {"http://" + u.addr}})
	if err != nil {
		return nil, err
	}
	c := &usherClient{link: onWebSocket(ws)}
	if err := c.call("session.hello", map[string]any{"token": u.token, "api": "1.1", "client": map[string]string{"name": "bench", "version": "1"}}, true); err != nil {
		return nil, err
	}
	return c, c.call("topic.subscribe", map[string]any{"topics": []string{"playback", "system", "tracks", "progress", "keys"}}, true)
}

type usherClient struct {
	*link
	id int
}

func (c *usherClient) call(method string, params any, wait bool) error {
	c.id++
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := c.write(data); err != nil || !wait {
		return err
	}
	_, err = c.until(`"id":`+strconv.Itoa(c.id)+`,`, `"result"`)
	return err
}

func (c *usherClient) set(percent int) error {
	return c.call("player.volume", map[string]any{"level": float64(percent) / 100}, false)
}

func (c *usherClient) ask() error { return c.call("playback.get", map[string]any{}, true) }

func (c *usherClient) heard(percent int) error {
	return c.hear(`"topic":"playback"`, `"volume":`+strconv.FormatFloat(float64(percent)/100, 'g', -1, 64)+",")
}
