package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/device/remote/evdev"
	"usher/device/remote/keymap"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/daemon"
	"usher/player"
)

// silentPlayer is a player that is never there.
type silentPlayer struct{}

func (silentPlayer) Run(context.Context) error   { return nil }
func (silentPlayer) Do(player.Command)           {}
func (silentPlayer) Events() <-chan player.Event { return nil }

// A keymap is read again while the box runs; one that is wrong is told with its
// line, and taken back when it is right.
func TestKeymapIsWatched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keymap.json")
	a := &appliance{cfg: &config.Loaded{}, log: slog.New(slog.DiscardHandler)}
	a.cfg.Remote.Keymap = file
	a.remote.file = file
	a.remote.reader = evdev.New(evdev.Options{Map: keymap.Builtin(), Logger: a.log})
	a.daemon = daemon.New(daemon.Options{Player: silentPlayer{}, Keeper: nobody{}, Start: box.New("test", false), Logger: a.log})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	go func() { _ = a.daemon.Run(ctx); ended <- struct{}{} }()
	go func() { _ = a.watchKeymap(ctx); ended <- struct{}{} }()
	defer func() { cancel(); <-ended; <-ended }()

	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	told := func(want bool) string {
		t.Helper()
		for range 1000 {
			for _, p := range a.daemon.View().System.Problems {
				if p.Code == healthKeymap {
					if want {
						return p.Text
					}
				}
			}
			if !want && len(a.daemon.View().System.Problems) == 0 {
				return ""
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("health says %v", a.daemon.View().System.Problems)
		return ""
	}
	write("{\n\"cec\": { \"0x00\": \"bakc\" }\n}")
	if text := told(true); !strings.Contains(text, `line 2: key "bakc" is not known; did you mean "back"?`) {
		t.Errorf("told %q", text)
	}
	write(`{"cec": { "0x00": "back", "0x01": "up" }}`)
	told(false)
}

// nobody keeps no positions.
type nobody struct{ daemon.Keeper }
