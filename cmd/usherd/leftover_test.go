package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFoldersOfAKilledDemoAreTakenAway(t *testing.T) {
	dir := t.TempDir()
	folder := func(name string, old bool) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Join(path, "state"), 0o700); err != nil {
			t.Fatal(err)
		}
		if old {
			then := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, then, then); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	left, live := folder("usher-run-left", true), folder("usher-run-live", true)
	fresh, other := folder("usher-run-fresh", false), folder("somebody-else", true)
	lock, ok := hold(live)
	if !ok {
		t.Fatal("not locked")
	}
	defer lock.Close()
	clearLeftOvers(dir, "usher-run-", "usher-player-")
	for path, stays := range map[string]bool{left: false, live: true, fresh: true, other: true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: stays %v, want %v", filepath.Base(path), err == nil, stays)
		}
	}
}
