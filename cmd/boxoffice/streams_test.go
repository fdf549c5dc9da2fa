package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"usher/cmd/boxoffice/office"
)

// shortStreams gives the short streams, made by the real script. They are kept
// in the user's cache, so that only the first run takes its quarter of a minute.
func shortStreams(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"bash", "ffmpeg", "ffprobe", "mpv"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIP: %s not installed; make test installs it", tool)
		}
	}
	if testing.Short() {
		t.Skip("SKIP: -short; making streams takes a quarter of a minute")
	}
	dir := filepath.Join(filepath.Dir(office.DefaultStreams()), "streams-short")
	if out, err := exec.CommandContext(t.Context(), "./make-streams.sh", "-short", dir).CombinedOutput(); err != nil {
		t.Fatalf("make-streams.sh: %v\n%s", err, out)
	}
	return dir
}

// TestEveryStreamPlays lets ffprobe measure and mpv decode each kind of
// stream, straight from the handler.
func TestEveryStreamPlays(t *testing.T) {
	dir := shortStreams(t)
	house, err := office.New(office.Options{Streams: dir, OpenHouse: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(house)
	t.Cleanup(server.Close) // after the parallel parts
	for stream, title := range map[string]string{
		"ladder": "lantern-coast", "carpet": "paper-train", "tongues": "salt-and-starlight",
		"vault": "shadow-player", "single": "coral-city", "live": "lantern-tv", "live-ll": "pier-camera", "live-cmaf": "harbour-voices",
	} {
		t.Run(stream, func(t *testing.T) {
			t.Parallel()
			url := server.URL + "/streams/" + stream + "/master.m3u8"
			if !strings.HasPrefix(stream, "live") {
				compareLength(t, server.URL, title, url)
			}
			out, err := exec.CommandContext(t.Context(), "mpv", "--no-config", "--vo=null", "--ao=null", "--ao-null-untimed", "--untimed", "--length=3", "--msg-level=all=error", "--no-input-terminal", url).CombinedOutput()
			if err != nil || len(bytes.TrimSpace(out)) > 0 { // errors are all it may print
				t.Errorf("mpv: %v\n%s", err, out)
			}
		})
	}
}

// compareLength compares the catalogue's duration with the measured one.
func compareLength(t *testing.T, base, title, url string) {
	t.Helper()
	resp, err := http.Get(base + "/v1/titles/" + title)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var told struct {
		DurationMS float64 `json:"durationMs"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", url).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil || told.DurationMS == 0 || math.Abs(seconds*1000-told.DurationMS) > 500 {
		t.Errorf("catalogue says %v ms, ffprobe %v s, %v", told.DurationMS, seconds, err)
	}
}

// TestSegmentsKeepTheirBandwidth checks every variant's peak (RFC 8216 section
// 4.3.4.2) and that each media playlist's files are there.
func TestSegmentsKeepTheirBandwidth(t *testing.T) {
	dir := shortStreams(t)
	masters, err := filepath.Glob(filepath.Join(dir, "*", "master.m3u8"))
	if err != nil || len(masters) != 6 {
		t.Fatalf("%d streams, %v", len(masters), err)
	}
	for _, master := range masters {
		raw, err := os.ReadFile(master)
		if err != nil {
			t.Fatal(err)
		}
		bandwidth := 0.0
		for _, line := range strings.Split(string(raw), "\n") {
			if list, ok := strings.CutPrefix(line, "#EXT-X-STREAM-INF:BANDWIDTH="); ok {
				if _, err := fmt.Sscan(strings.SplitN(list, ",", 2)[0], &bandwidth); err != nil {
					t.Fatal(err)
				}
			} else if line != "" && line[0] != '#' {
				if top := peak(t, filepath.Join(filepath.Dir(master), line)); top > bandwidth || top < bandwidth/3 {
					t.Errorf("%s %s: peaks at %.0f, BANDWIDTH is %.0f", master, line, top, bandwidth)
				}
			}
		}
	}
}

// peak is the highest bit rate of a media playlist's segments.
func peak(t *testing.T, playlist string) float64 {
	t.Helper()
	raw, err := os.ReadFile(playlist)
	if err != nil {
		t.Fatal(err)
	}
	top, seconds, size := 0.0, 0.0, 0.0
	for _, line := range strings.Split(string(raw), "\n") {
		switch {
		case strings.HasPrefix(line, "#EXTINF:"):
			_, err = fmt.Sscanf(line, "#EXTINF:%g,", &seconds)
		case strings.HasPrefix(line, "#EXT-X-BYTERANGE:"):
			_, err = fmt.Sscanf(line, "#EXT-X-BYTERANGE:%g@", &size)
		case line != "" && line[0] != '#':
			if size == 0 {
				info, statErr := os.Stat(filepath.Join(filepath.Dir(playlist), line))
				if statErr != nil {
					t.Fatal(statErr)
				}
				size = float64(info.Size())
			}
			top, size = max(top, size*8/seconds), 0
		}
		if err != nil {
			t.Fatalf("%s: line %q: %v", playlist, line, err)
		}
	}
	return top
}

func TestMakeStreamsRefusesWrongUsage(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("SKIP: bash not installed; make test installs it")
	}
	for _, args := range [][]string{{}, {"a", "b"}, {""}, {"-short"}} {
		cmd := exec.CommandContext(t.Context(), "./make-streams.sh", args...)
		cmd.WaitDelay = time.Second
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 2 {
			t.Errorf("%q: %v", args, err)
		}
	}
}
