package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// kodiBox is Kodi on a virtual screen with its JSON-RPC server.
type kodiBox struct {
	screen, cmd *exec.Cmd
	dir         string
}

const (
	kodiAddr   = "127.0.0.1:9090" // built in
	kodiScreen = ":79"
)

func (k *kodiBox) name() string { return "Kodi" }

func (k *kodiBox) what() string {
	return "kodi --standalone in Xvfb at 640×360 (it draws its menu in software meanwhile), nothing playing; JSON-RPC over WebSocket, no access check; all notifications"
}

func (k *kodiBox) pid() int { return k.cmd.Process.Pid }

func (k *kodiBox) start(ctx context.Context) (err error) {
	if conn, err := net.Dial("tcp", kodiAddr); err == nil {
		_ = conn.Close()
		return errors.New("something listens on " + kodiAddr + " already")
	}
	if k.dir, err = os.MkdirTemp("", "bench-api-"); err != nil {
		return err
	}
	k.screen = exec.CommandContext(ctx, "Xvfb", kodiScreen, "-screen", "0", "640x360x24", "-nolisten", "tcp")
	if err := k.screen.Start(); err != nil {
		return fmt.Errorf("start Xvfb: %w", err)
	}
	for range 100 {
		if _, err := os.Stat("/tmp/.X11-unix/X" + kodiScreen[1:]); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	// Kodi's script starts others: they end with their process group.
	k.cmd = exec.CommandContext(ctx, "kodi", "--standalone")
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	k.cmd.Env = append(os.Environ(), "DISPLAY="+kodiScreen, "HOME="+k.dir)
	if err := k.cmd.Start(); err != nil {
		return fmt.Errorf("start Kodi: %w", err)
	}
	for range 600 {
		if c, err := k.dial(); err == nil {
			c.close()
			time.Sleep(10 * time.Second) // its first start makes its databases
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("Kodi does not answer within a minute")
}

func (k *kodiBox) version() string {
	out, err := exec.Command("dpkg-query", "-W", "-f=${Version}", "kodi-bin").Output()
	if err != nil {
		return ""
	}
	v, _, _ := strings.Cut(strings.TrimPrefix(string(out), "2:"), "+")
	return v
}

func (k *kodiBox) stop() {
	if k.cmd != nil && k.cmd.Process != nil {
		_ = syscall.Kill(-k.cmd.Process.Pid, syscall.SIGKILL)
		_ = k.cmd.Wait()
	}
	if k.screen != nil && k.screen.Process != nil {
		_ = k.screen.Process.Signal(os.Interrupt)
		_ = k.screen.Wait()
	}
	_ = os.RemoveAll(filepath.Clean(k.dir))
}

func (k *kodiBox) dial() (client, error) {
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+kodiAddr+"/jsonrpc", nil)
	if err != nil {
		return nil, err
	}
	c := &kodiClient{link: onWebSocket(ws)}
	if err := c.call("Application.GetProperties", `{"properties":["volume","muted","name","version"]}`, true); err != nil {
		c.close()
		return nil, err
	}
	return c, c.call("Player.GetActivePlayers", `{}`, true)
}

type kodiClient struct {
	*link
	id int
}

func (c *kodiClient) call(method, params string, wait bool) error {
	c.id++
	if err := c.write(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, c.id, method, params)); err != nil || !wait {
		return err
	}
	_, err := c.until(fmt.Sprintf(`"id":%d,`, c.id), `"result"`)
	return err
}

func (c *kodiClient) set(percent int) error {
	return c.call("Application.SetVolume", fmt.Sprintf(`{"volume":%d}`, percent), false)
}

func (c *kodiClient) ask() error {
	return c.call("Application.GetProperties", `{"properties":["volume"]}`, true)
}

func (c *kodiClient) heard(percent int) error {
	return c.hear("Application.OnVolumeChanged", fmt.Sprintf(`"volume":%d`, percent))
}
