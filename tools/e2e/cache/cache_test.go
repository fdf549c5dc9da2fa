package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestComplete: what counts as a play to the end.
func TestComplete(t *testing.T) {
	vault := stream{what: "AES-128", needs: []string{"key.bin"}, segments: 3}
	for name, c := range map[string]struct {
		seen seen
		want string // the beginning of the fault
	}{
		"all":       {seen{media: []string{"/key.bin", "/0.ts", "/1.ts"}}, ""},
		"no key":    {seen{media: []string{"/0.ts", "/1.ts", "/2.ts"}}, "nothing of key.bin"},
		"too few":   {seen{media: []string{"/key.bin", "/0.ts"}}, "only 2"},
		"twice":     {seen{media: []string{"/key.bin", "/0.ts", "/1.ts", "/0.ts"}}, "4 fetches of 3"},
		"refused":   {seen{media: []string{"/key.bin", "/0.ts", "/1.ts"}, failures: []string{"/1.ts (404)"}}, "the service refused /1.ts"},
		"ranges of": {seen{media: []string{"/key.bin", "/i.ts bytes=0-9", "/i.ts bytes=10-19"}}, ""},
	} {
		if got := vault.complete(c.seen); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	first := seen{media: []string{"/a/0.ts"}}
	if got := again(first, seen{media: []string{"/b/0.ts"}}); got != "" {
		t.Errorf("another variant: %q", got)
	}
	if got := again(first, first); !strings.Contains(got, "/a/0.ts") {
		t.Errorf("the same again: %q", got)
	}
}

// TestSort: an error is found between lines about what is missing on this
// machine, idle talk and warnings.
func TestSort(t *testing.T) {
	p := &player{bad: regexp.MustCompile(`error`), without: regexp.MustCompile(`dbus error`), chatter: regexp.MustCompile(`^Press|AAC`)}
	if w, bad := p.sort("dbus error\nlate frame\r\n\nPress q\n"); bad != "" || !slices.Equal(w, []string{"late frame"}) {
		t.Errorf("%q, %q", w, bad)
	}
	for _, line := range []string{"segment error 404", "AAC: error in a frame"} {
		if _, bad := p.sort("late frame\n" + line + "\n"); bad != line {
			t.Errorf("%q, want %q", bad, line)
		}
	}
}

// TestPlayersAreJudged: what real players said about a broken stream counts,
// what they said about a machine without a screen does not.
func TestPlayersAreJudged(t *testing.T) {
	for _, c := range []struct {
		player *player
		line   string
		bad    bool
	}{
		{vlc(), "[000055c856a57250] dbus interface error: Failed to connect to the D-Bus session daemon: Unable to autolaunch", false},
		{vlc(), `[000055c8569c3cd0] main libvlc error: interface "globalhotkeys,none" initialization failed`, false},
		{vlc(), "[h264 @ 0x7fe924008bc0] decode_slice_header error", true},
		{vlc(), "[00007fe950001150] main input error: ES_OUT_SET_(GROUP_)PCR  is called too late (pts_delay increased to 1000 ms)", true},
		{vlc(), "[00007fe9500aaae0] mpeg4audio packetizer error: wrong channels", true},
		{ffplay(), "[ffplay] Failed to initialize a hardware accelerated renderer: Couldn't find matching render driver", false},
		{ffplay(), "[hls @ 0x55] Failed to open segment 3 of playlist 0", true},
		{mpv(), "[ffmpeg/demuxer] hls: Error when loading first segment", true},
		{gstreamer(), "ERROR Internal data stream error. for http://127.0.0.1/x", true},
	} {
		if _, bad := c.player.sort(c.line + "\n"); (bad != "") != c.bad {
			t.Errorf("%s: %q counts: %t, want %t", c.player.name, c.line, bad != "", c.bad)
		}
	}
}

// TestSaid: what comes after the seal is not heard.
func TestSaid(t *testing.T) {
	var s said
	fmt.Fprint(&s, "before")
	s.seal()
	if n, err := s.Write([]byte("after")); n != 5 || err != nil {
		t.Errorf("Write: %d, %v", n, err)
	}
	if got := s.String(); got != "before" {
		t.Errorf("heard %q", got)
	}
}

// TestPlayersAreTold: each is told what to play.
func TestPlayersAreTold(t *testing.T) {
	for _, p := range players() {
		if p.program == "" || p.args == nil && !p.crawls {
			t.Errorf("%s cannot be played with", p.name)
		}
		for _, st := range streams() {
			if p.args != nil && !slices.Contains(p.args("http://x/y", st, time.Second), "http://x/y") {
				t.Errorf("%s is not told the address", p.name)
			}
		}
	}
}

// TestCrawler finds segments, keys, sections and implicit ranges, but no hints
// and nothing twice.
func TestCrawler(t *testing.T) {
	lists := map[string]string{
		"/m.m3u8": "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a/v.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nv.m3u8\n",
		"/v.m3u8": "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k.bin\"\n#EXTINF:1,\n#EXT-X-BYTERANGE:10@5\ni.ts\n#EXTINF:1,\n#EXT-X-BYTERANGE:7\ni.ts\n" +
			"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"h.ts\"\n",
		"/a/v.m3u8": "#EXTM3U\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:1,\n0.m4s\n",
	}
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, lists[r.URL.Path]) }))
	defer up.Close()
	c := crawler{done: map[string]bool{}}
	if err := c.read(context.Background(), up.URL+"/m.m3u8"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range c.found {
		got = append(got, strings.TrimSpace(strings.TrimPrefix(o.url, up.URL)+" "+o.span))
	}
	want := []string{"/a/i.mp4", "/a/0.m4s", "/k.bin", "/i.ts 5-14", "/i.ts 15-21"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestReport: a fault is seen in the cell and in the end.
func TestReport(t *testing.T) {
	p := &player{name: "none", program: "true"}
	for i, st := range streams() {
		r := result{stream: st, first: seen{media: []string{"/0.ts"}}, warnings: []string{"at 0x12ab: late by 123456 ms"}}
		if i == 3 {
			r.fault = "it | broke"
		}
		p.results = append(p.results, r)
	}
	text := report([]*player{p}, time.Minute)
	for _, want := range []string{"| AES-128 | ✗ it / broke |", "| live | ✓ 1, each once |", "✓ 1, then 0", "`at …: late by … ms`"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if err := faults([]*player{p}); err == nil || !strings.HasPrefix(err.Error(), "1 of ") {
		t.Errorf("faults: %v", err)
	}
	if faults(nil) == nil {
		t.Error("no player at all is no fault")
	}
}
