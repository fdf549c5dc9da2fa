package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/internal/box"
	"usher/internal/journal"
)

// journalFile writes a journal of a volume that was changed, which ended at level.
func journalFile(t *testing.T, level float64, of string) string {
	t.Helper()
	e := box.VolumeRequested{Change: box.VolumeSet, Level: 0.25}
	r := journal.Record{Version: of, Base: box.New(of, true), Entries: []journal.Entry{{At: time.Unix(1_790_000_000, 0), Event: e}}}
	r.End, _ = box.Next(r.Base, r.Entries[0].At, e)
	r.End.Volume = level
	path := filepath.Join(t.TempDir(), "journal")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := journal.Write(f, r); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplay(t *testing.T) {
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, out, err string
		code           int
	}{
		"same":          {journalFile(t, 0.25, version), "bit for bit", "", exitDone},
		"other":         {journalFile(t, 0.5, version), "Volume", "This is a fault", exitFailed},
		"other version": {journalFile(t, 0.5, "0.1"), "usherd 0.1", "use the usher of that version", exitFailed},
		"damaged":       {damaged, "", "not a journal that can be read", exitFailed},
		"none":          {damaged + "x", "", "There is no file", exitUsage},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"replay", c.file}, &out, &errs, func(string) string { return "" })
		if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.err) {
			t.Errorf("%s: exit %d\n%s%s", name, code, out.String(), errs.String())
		}
	}
	var out bytes.Buffer
	var got replayed
	run(t.Context(), []string{"replay", "--json", journalFile(t, 0.25, version)}, &out, &out, func(string) string { return "" })
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || !got.Same || got.Events != 1 || got.From.IsZero() {
		t.Errorf("%s %v", out.String(), err)
	}
}
