package main

import (
	"fmt"
	"os"
	"path/filepath"

	"usher/internal/config"
	"usher/internal/ui/endpoint"
)

// Names of the temporary folders begin like this.
const (
	runFolder    = "usher-run-"
	playerFolder = "usher-player-"
)

// folders are where this daemon keeps things.
type folders struct {
	state, cache string
	run          string // of a demo: what it keeps; taken away at the end
	player       string // for sockets of the player and its bus, apart because a player may run as another user; taken away
	socket       string
	temp         []string   // to be taken away at the end
	held         []*os.File // locks on temp: they are ours
}

// findFolders settles where things are kept. A demo keeps nothing unless it is
// told where.
func findFolders(cfg *config.Loaded) (f folders, err error) {
	f = folders{state: cfg.StateDir, cache: cfg.CacheDir, socket: cfg.Socket}
	if f.socket == "" {
		f.socket = endpoint.DefaultSocket(cfg.Demo)
	}
	clearLeftOvers(os.TempDir(), runFolder, playerFolder)
	if f.run, err = f.makeTemp(runFolder); err != nil {
		return f, err
	}
	if f.player, err = f.makeTemp(playerFolder); err != nil {
		return f, err
	}
	if cfg.Demo && cfg.Source("state_dir").Kind == config.FromDefault {
		f.state = filepath.Join(f.run, "state")
	}
	if cfg.Demo && cfg.Source("cache_dir").Kind == config.FromDefault {
		f.cache = filepath.Join(f.run, "cache")
	}
	if err := os.MkdirAll(f.cache, 0o700); err != nil {
		return f, &startError{
			err: fmt.Errorf("make the cache folder: %w", err), code: exitFolder,
			hint: "choose another place: -cache DIR",
		}
	}
	return f, nil
}

// longestRun leaves room for the names of sockets: the address of a socket has
// at most 107 bytes (unix(7)).
const longestRun = 70

func (f *folders) makeTemp(pattern string) (string, error) {
	dir, err := os.MkdirTemp("", pattern)
	if err == nil && len(dir) > longestRun {
		err = os.Remove(dir)
		if err == nil {
			dir, err = os.MkdirTemp("/tmp", pattern)
		}
	}
	if err != nil {
		return "", &startError{
			err: fmt.Errorf("make a temporary folder: %w", err), code: exitFolder,
			hint: "check that " + os.TempDir() + " can be written, or set TMPDIR",
		}
	}
	f.temp = append(f.temp, dir)
	if lock, ok := hold(dir); ok {
		f.held = append(f.held, lock)
	}
	return dir, nil
}
