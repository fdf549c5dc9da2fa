package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"usher/tools/bench/bridge"
)

// usher is a running usherd with its mpv. The order to play is the bridge's
// player.play, as the page sends it when somebody presses OK; what is shown is
// asked of the mpv itself.
type usher struct {
	p      *process
	bridge *bridge.Client
	mpv    *mpvIPC
	socket string
	title  string
	rest   time.Duration // how long the focus rests on the title before OK
}

const (
	serviceID = "bench"
	tsTitle   = serviceID + ":lantern-coast"              // free, of the reference service's catalogue
	cmafTitle = serviceID + ":little-dragon-big-umbrella" // the same
	kitRest   = 6 * time.Second
)

func openUsher(ctx context.Context, s *scene) (player, error) { return startUsher(ctx, s, 0) }

func openUsherKit(ctx context.Context, s *scene) (player, error) { return startUsher(ctx, s, kitRest) }

// usherConfig is the default one but for where things are.
const usherConfig = `listen = "127.0.0.1:0"
media = "127.0.0.1:0"
state_dir = "%[1]s/state"
cache_dir = "%[1]s/cache"
socket = "%[1]s/sock"
[player]
bus = "private"
[log]
level = "debug"
[[service]]
id = "%[2]s"
url = "%[3]s"
%[4]s`

func startUsher(ctx context.Context, s *scene, rest time.Duration) (*usher, error) {
	config, ready := filepath.Join(s.dir, "usher.toml"), filepath.Join(s.dir, "ready")
	if err := os.WriteFile(config, fmt.Appendf(nil, usherConfig, s.dir, serviceID, s.origin.base, s.config), 0o600); err != nil {
		return nil, fmt.Errorf("start usherd: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "state"), 0o700); err != nil {
		return nil, fmt.Errorf("start usherd: %w", err)
	}
	p, err := launch(s.dir, 0, []string{"TMPDIR=" + s.dir}, s.o.usherd, "-config", config, "-ready-file", ready)
	if err != nil {
		return nil, err
	}
	u := &usher{p: p, title: tsTitle, rest: rest, socket: filepath.Join(s.dir, "sock")}
	if s.stream == cmafStream {
		u.title = cmafTitle
	}
	if err := u.connect(ctx, s.dir, ready); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

// connect waits until the daemon, its player and its catalogue are there.
func (u *usher) connect(ctx context.Context, dir, ready string) error {
	err := until(ctx, "start usherd", func() error {
		if u.p.ended() {
			return errors.New("it ended; its log says why")
		}
		_, err := os.Stat(ready)
		return err
	})
	if err != nil {
		return err
	}
	if u.bridge, err = bridge.Dial(u.socket); err != nil {
		return err
	}
	if err := u.bridge.UntilPlayer(); err != nil {
		return err
	}
	if err := until(ctx, "read the catalogue", func() error {
		time.Sleep(100 * time.Millisecond) // the bridge allows ten calls a second
		return u.bridge.Call("catalog.title", map[string]any{"id": u.title})
	}); err != nil {
		return err
	}
	sockets, _ := filepath.Glob(filepath.Join(dir, "usher-*", "mpv.sock"))
	if len(sockets) != 1 {
		return fmt.Errorf("find usherd's mpv: %d sockets", len(sockets))
	}
	u.mpv, err = dialMPV(ctx, sockets[0])
	return err
}

func (u *usher) prepare(ctx context.Context) error {
	if u.rest == 0 {
		return nil
	}
	if err := u.focus(u.title, "tile"); err != nil {
		return err
	}
	select {
	case <-time.After(u.rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// focus says that the screen points at a title.
func (u *usher) focus(title, place string) error {
	return u.bridge.Call("ui.focus", map[string]any{"titleId": title, "place": place})
}

func (u *usher) begin(context.Context) error {
	u.mpv.reset()
	return u.bridge.Call("player.play", map[string]any{"titleId": u.title, "from": "start"})
}

func (u *usher) look() (sight, error) {
	if u.p.ended() {
		return sight{}, errors.New("usherd is gone")
	}
	return u.mpv.look()
}

func (u *usher) close() {
	if u.mpv != nil {
		u.mpv.close()
	}
	if u.bridge != nil {
		u.bridge.Close()
	}
	u.p.close()
}
