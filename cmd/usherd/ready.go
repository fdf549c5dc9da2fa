package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// addresses are where this daemon can be reached.
type addresses struct {
	Page   string `json:"page"`
	Media  string `json:"media"`
	Socket string `json:"socket"`
	PID    int    `json:"pid"`
}

// announce tells whoever started the daemon that it can be used.
func announce(w io.Writer, readyFile string, demo bool, at addresses) error {
	if demo {
		fmt.Fprintf(w, demoWords, at.Page)
	}
	if readyFile == "" {
		return nil
	}
	data, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("write ready file: %w", err)
	}
	if err := writeWhole(readyFile, append(data, '\n')); err != nil {
		return &startError{err: fmt.Errorf("write ready file: %w", err), code: exitFolder, hint: "choose another place: -ready-file FILE"}
	}
	return nil
}

// demoWords are what the person who typed make run reads.
const demoWords = `Usher is ready: open %s in a browser. Three things to try:
  1. move with the arrow keys, press Enter on a film, and Enter again to play it; Escape goes back
  2. in another terminal: bin/usher play lantern coast, then bin/usher pause, bin/usher seek +30, bin/usher status
  3. pkill -9 mpv in the middle of a film, and watch it go on
Ctrl-C ends it and leaves nothing behind.
`

// writeWhole writes a file that is either all there or not at all.
func writeWhole(name string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".ready-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	if _, err := tmp.Write(data); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
