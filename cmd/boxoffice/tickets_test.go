package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestTicketsOfAHousehold(t *testing.T) {
	data := filepath.Join(t.TempDir(), "office.db")
	var out, errs bytes.Buffer
	if code := runSeed([]string{"-data", data, "-household", "smith"}, strings.NewReader("secret-word\n"), &out, &errs); code != exitDone {
		t.Fatalf("seed: %d: %s", code, &errs)
	}
	out.Reset()
	if code := runTickets([]string{"-data", data, "-household", "Smith", "-serials", "A1, A2"}, &out, &errs); code != exitDone {
		t.Fatalf("tickets: %d: %s", code, &errs)
	}
	var made map[string]string
	if err := json.Unmarshal(out.Bytes(), &made); err != nil || len(made) != 2 || made["A1"] == made["A2"] || len(made["A1"]) < 32 {
		t.Errorf("%v: %s", err, &out)
	}
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"-household smith -serials A1", exitUsage, "-data"},
		{"-data x -household smith -serials A1 -days 91", exitUsage, "-days"},
		{"-data x -household smith -serials A1 more", exitUsage, "more"},
		{"-data " + data + " -household jones -serials A1", exitFailed, "boxoffice seed"},
		{"-data " + data + " -household smith -serials A1,A1", exitFailed, "twice"},
	} {
		errs.Reset()
		if code := runTickets(strings.Fields(tt.args), &out, &errs); code != tt.code || !strings.Contains(errs.String(), tt.says) {
			t.Errorf("%s: %d, %s; want %d with %q", tt.args, code, &errs, tt.code, tt.says)
		}
	}
}
