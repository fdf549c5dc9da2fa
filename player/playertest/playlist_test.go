package playertest

import (
	"errors"
	"net/url"
	"testing"
	"time"
)

const vod = `#EXTM3U
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:3
#EXT-X-MAP:URI="init.mp4"
#EXTINF:6.0,
a.m4s
#EXT-X-KEY:METHOD=AES-128,URI="../key"
#EXTINF:4.5,title
http://other/b.m4s
#EXT-X-ENDLIST
`

func here() *url.URL { return &url.URL{Scheme: "http", Host: "h", Path: "/x/index.m3u8"} }

func TestParsePlaylist(t *testing.T) {
	list, err := parsePlaylist(here(), vod)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.segments) != 2 || list.first != 3 || !list.ended || list.duration() != 10500*time.Millisecond {
		t.Fatalf("got %+v", list)
	}
	want := segment{url: "http://other/b.m4s", key: "http://h/key", init: "http://h/x/init.mp4", start: 6 * time.Second, duration: 4500 * time.Millisecond}
	if list.segments[1] != want {
		t.Errorf("got %+v, want %+v", list.segments[1], want)
	}
	for pos, index := range map[time.Duration]int{0: 0, 6*time.Second - 1: 0, 6 * time.Second: 1, time.Hour: 1} {
		if got := list.at(pos); got != index {
			t.Errorf("%v is in segment %d, want %d", pos, got, index)
		}
	}
}

func TestParsePlaylistRefuses(t *testing.T) {
	for _, text := range []string{"", "<html>", "#EXTM3U\n", "#EXTM3U\n#EXTINF:-1,\na.ts\n", "#EXTM3U\n#EXTINF:NaN,\na.ts\n", "#EXTM3U\n#EXTINF:1,\n%zz\n"} {
		if _, err := parsePlaylist(here(), text); !errors.Is(err, errNoPlaylist) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParsePlaylist(f *testing.F) {
	f.Add(vod)
	f.Add("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n")
	f.Add("#EXTM3U\n#EXTINF:1e9,\na\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parsePlaylist(here(), text)
		if err != nil {
			return
		}
		var at time.Duration
		for i, s := range list.segments {
			if s.start != at || s.duration < 0 {
				t.Fatalf("segment %d starts at %v, want %v", i, s.start, at)
			}
			at += s.duration
		}
		if len(list.segments) > 0 && list.at(-1) != 0 && list.segments[0].duration > 0 {
			t.Error("a position before the start is not in the first segment")
		}
	})
}
