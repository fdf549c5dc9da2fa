package office

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStreamFiles(t *testing.T) {
	house := newOffice(t, Options{})
	for _, tc := range []struct {
		path, byteRange, kind, body string
		status                      int
	}{
		{"ladder/master.m3u8", "", "application/vnd.apple.mpegurl", "#EXTM3U\n", 200},
		{"ladder/240p/00000.ts", "", "video/mp2t", "0123456789", 200},
		{"ladder/240p/00000.ts", "bytes=0-", "video/mp2t", "0123456789", 206},
		{"ladder/240p/00000.ts", "bytes=2-4", "video/mp2t", "234", 206},
		{"ladder/240p/00000.ts", "bytes=-3", "video/mp2t", "789", 206},
		{"ladder/240p/00000.ts", "bytes=50-", "", "", 416},
		{"vault/key.bin", "", "application/octet-stream", "0123456789abcdef", 200},
		{"tongues/s-en/0.vtt", "", "text/vtt; charset=utf-8", "WEBVTT\n", 200},
		{"tongues/a/init.mp4", "", "video/mp4", "ftyp", 200},
		{"ladder/none.ts", "", "application/problem+json", "", 404},
		{"ladder/secret.txt", "", "application/problem+json", "", 404},
		{"ladder/240p", "", "application/problem+json", "", 404},
		{"ladder/%2e%2e/%2e%2e/%2e%2e/etc/passwd.ts", "", "application/problem+json", "", 404},
	} {
		var header []string
		if tc.byteRange != "" {
			header = []string{"Range", tc.byteRange}
		}
		w := ask(house, "GET", "/streams/"+tc.path, "", header...)
		if w.Code != tc.status || tc.kind != "" && w.Header().Get("Content-Type") != tc.kind {
			t.Errorf("%s %s: %d %s", tc.path, tc.byteRange, w.Code, w.Header().Get("Content-Type"))
		}
		if tc.body != "" && (w.Body.String() != tc.body || w.Header().Get("ETag") == "" || w.Header().Get("Cache-Control") == "") {
			t.Errorf("%s %s: %q, %v", tc.path, tc.byteRange, w.Body, w.Header())
		}
	}
}

func TestStreamsMayAppearWhileServing(t *testing.T) {
	house := newOffice(t, Options{Streams: t.TempDir()})
	if house.StreamsReady() || ask(house, "GET", "/streams/ladder/master.m3u8", "").Code != http.StatusServiceUnavailable {
		t.Error("ready without streams")
	}
	house.streams.dir = fakeStreams(t)
	if !house.StreamsReady() || ask(house, "GET", "/streams/ladder/master.m3u8", "").Code != http.StatusOK {
		t.Error("not ready with streams")
	}
}

// TestLiveWindow walks through two rounds of a loop of three segments and
// checks RFC 8216 section 6.2.2 between any two neighbouring playlists.
func TestLiveWindow(t *testing.T) {
	l := loop{4 * time.Second, 4 * time.Second, 2 * time.Second}
	start := noon()
	var before window
	for s := range 40 {
		w := readWindow(t, l.playlist(start.Add(time.Duration(s)*time.Second), liveWindow, inTS()))
		if len(w.segments) != liveWindow {
			t.Fatalf("second %d: %d segments", s, len(w.segments))
		}
		for i, seg := range w.segments {
			if seg.msn != w.msn+int64(i) || seg.cut != (seg.msn%3 == 0) || seg.dseq != seg.msn/3 {
				t.Errorf("second %d: %+v in a window from %d", s, seg, w.msn)
			}
			if end := seg.at.Add(seg.length); end.After(start.Add(time.Duration(s) * time.Second)) {
				t.Errorf("second %d: segment %d ends at %v", s, seg.msn, end)
			}
			if i > 0 && !seg.at.Equal(w.segments[i-1].at.Add(w.segments[i-1].length)) {
				t.Errorf("second %d: segment %d does not follow its neighbour", s, seg.msn)
			}
		}
		if s > 0 && (w.msn < before.msn || w.msn > before.msn+1) {
			t.Errorf("second %d: media sequence %d after %d", s, w.msn, before.msn)
		}
		for _, was := range before.segments {
			if i := was.msn - w.msn; i >= 0 && w.segments[i] != was {
				t.Errorf("second %d: %+v became %+v", s, was, w.segments[i])
			}
		}
		before = w
	}
}

type window struct {
	msn      int64
	segments []aired
}

type aired struct {
	msn, dseq int64
	cut       bool
	at        time.Time
	length    time.Duration
}

func readWindow(t *testing.T, playlist string) window {
	t.Helper()
	var w window
	var next aired
	var dseq int64
	for _, line := range strings.Split(strings.TrimSpace(playlist), "\n") {
		tag, value, _ := strings.Cut(line, ":")
		var err error
		switch {
		case tag == "#EXT-X-MEDIA-SEQUENCE":
			_, err = fmt.Sscan(value, &w.msn)
		case tag == "#EXT-X-DISCONTINUITY-SEQUENCE":
			_, err = fmt.Sscan(value, &dseq)
		case tag == "#EXT-X-DISCONTINUITY":
			next.cut = true
			dseq++
		case tag == "#EXT-X-PROGRAM-DATE-TIME":
			next.at, err = time.Parse(time.RFC3339, value)
		case tag == "#EXTINF":
			next.length, err = time.ParseDuration(strings.TrimSuffix(value, ",") + "s")
		case !strings.HasPrefix(line, "#"):
			_, err = fmt.Sscanf(line, "%d.", &next.msn)
			next.dseq = dseq
			w.segments = append(w.segments, next)
			next = aired{}
		}
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
	}
	return w
}

// TestLiveWindowCanBeShort: playlists and what is still given out follow it.
func TestLiveWindowCanBeShort(t *testing.T) {
	for _, tc := range []struct {
		window time.Duration
		want   int
	}{{40 * time.Second, 10}, {time.Second, liveLeast}, {0, liveWindow}, {-time.Hour, liveWindow}} {
		house := newOffice(t, Options{LiveWindow: tc.window, Now: noon})
		w := readWindow(t, ask(house, "GET", "/streams/live/240p/index.m3u8", "").Body.String())
		if len(w.segments) != tc.want {
			t.Errorf("%v: %d segments, want %d", tc.window, len(w.segments), tc.want)
		}
		gone := fmt.Sprintf("/streams/live/240p/%d.ts", w.msn-liveGrace-1)
		if code := ask(house, "GET", gone, "").Code; code != http.StatusNotFound {
			t.Errorf("%v: what left it long ago answers %d", tc.window, code)
		}
	}
}

func TestLiveIsServed(t *testing.T) {
	house := newOffice(t, Options{})
	list := ask(house, "GET", "/streams/live/240p/index.m3u8", "")
	w := readWindow(t, list.Body.String())
	last := w.segments[len(w.segments)-1].msn
	get := func(msn int64) string {
		return ask(house, "GET", fmt.Sprintf("/streams/live/240p/%d.ts", msn), "").Body.String()
	}
	if diff := cmp.Diff([]string{"zero", "one"}, []string{get(last - last%2), get(last - 1 + last%2)}); diff != "" {
		t.Error(diff)
	}
	for name, path := range map[string]string{
		"future": fmt.Sprint(last+1, ".ts"), "long gone": fmt.Sprint(last-liveWindow-liveGrace, ".ts"),
		"negative": "-2.ts", "no number": "x.ts", "no file": "",
	} {
		if code := ask(house, "GET", "/streams/live/240p/"+strings.ReplaceAll(path, " ", ""), "").Code; code != http.StatusNotFound {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code := ask(house, "GET", "/streams/live/..%2f..%2fx/index.m3u8", "").Code; code != http.StatusNotFound {
		t.Errorf("outside: %d", code)
	}
	if code := ask(house, "GET", "/streams/live/master.m3u8", "").Code; code != http.StatusOK {
		t.Errorf("master: %d", code)
	}
}

func FuzzReadLoop(f *testing.F) {
	f.Add("#EXTM3U\n#EXTINF:4.000000,\n00000.ts\n")
	f.Add("#EXTINF:NaN,\n#EXTINF:-1,\n#EXTINF:1e300,\n")
	f.Add("#EXTINF:0.0000001,\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := readLoop(strings.NewReader(text))
		if err != nil {
			return
		}
		if w := readWindow(t, l.playlist(noon(), liveWindow, inTS())); len(w.segments) != liveWindow {
			t.Errorf("%d segments from %v", len(w.segments), l)
		}
	})
}

func TestArt(t *testing.T) {
	house := newOffice(t, Options{})
	for id := range house.library.byID {
		for _, file := range []string{"poster.svg", "backdrop.svg"} {
			w := ask(house, "GET", "/art/"+id+"/"+file, "")
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/svg+xml" || w.Body.Len() < 1500 {
				t.Errorf("%s %s: %d, %d bytes", id, file, w.Code, w.Body.Len())
			}
		}
	}
	if w := ask(house, "GET", "/art/lantern-coast/poster.png", ""); w.Code != http.StatusNotFound {
		t.Errorf("no such picture: %d", w.Code)
	}
}
