package main

import (
	"os"
	"path/filepath"
	"testing"

	"usher/internal/bundle"
	"usher/internal/config"
)

// TestTheNameOfTheBoxIsThatOfTheDaemon: usherd -clear-cec finds the address of a
// killed daemon by its name, whoever gave it.
func TestTheNameOfTheBoxIsThatOfTheDaemon(t *testing.T) {
	dir := t.TempDir()
	load := func(args ...string) *config.Loaded {
		t.Helper()
		cfg, err := config.Load(config.Input{Args: append(args, "-state", dir), Environ: []string{"USHER_TV_MODE=full"}})
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	file := filepath.Join(t.TempDir(), "usher.toml")
	if err := os.WriteFile(file, []byte("[tv]\nname = \"Lantern\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect := func(when, want string, cfg *config.Loaded) {
		t.Helper()
		if got := tvName(cfg); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	expect("nothing said", "Usher", load())
	expect("by the file", "Lantern", load("-config", file))
	store := bundle.NewStore(dir)
	if err := store.Change(func(s bundle.Site) (bundle.Site, error) { s.Settings.Brand = "Hotel"; return s, nil }); err != nil {
		t.Fatal(err)
	}
	expect("by a bundle", "Hotel", load())
	if err := os.WriteFile(filepath.Join(dir, bundle.File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("what bundles set cannot be read", "Lantern", load("-config", file))
}
