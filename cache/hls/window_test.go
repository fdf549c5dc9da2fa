package hls

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

const channel = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3\n" +
	"#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n" +
	"#EXT-X-PROGRAM-DATE-TIME:2026-11-21T10:00:00.000Z\n#EXTINF:4,\n10.ts\n" +
	"#EXTINF:4,\n11.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\n12.ts\n#EXTINF:4,\n13.ts\n#EXTINF:4,\n14.ts\n" +
	"#EXT-X-PART:DURATION=1,URI=\"15.0.ts\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"15.1.ts\"\n"

func parsed(t *testing.T, text string) *Playlist {
	t.Helper()
	base, _ := url.Parse("http://s.example/live/index.m3u8")
	p, err := Parse([]byte(text), base, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWindow(t *testing.T) {
	p := parsed(t, channel)
	for _, tc := range []struct {
		name        string
		first, last uint64
		msn, disc   uint64
		segments    int
		control     bool // blocking reload, parts and hint are there
	}{
		{"whole", 0, 0, 10, 3, 5, true},
		{"from the middle", 11, 0, 11, 3, 4, true},
		{"from a discontinuity", 12, 0, 12, 4, 3, true},
		{"after it", 13, 0, 13, 4, 2, true},
		{"three", 11, 13, 11, 3, 3, false},
		{"three from a discontinuity", 12, 14, 12, 4, 3, true},
		{"end only", 0, 11, 10, 3, 2, false},
		{"gone", 3, 11, 10, 3, 2, false},
		{"not there yet", 15, 17, 10, 3, 5, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := p.Window(tc.first, tc.last)
			if err != nil {
				t.Fatal(err)
			}
			s := got.Segments[0]
			if s.MSN != tc.msn || s.Discontinuity != tc.disc || len(got.Segments) != tc.segments {
				t.Fatalf("begins at %d, discontinuity %d, %d segments\n%s", s.MSN, s.Discontinuity, len(got.Segments), got.Bytes())
			}
			for _, seg := range got.Segments {
				if seg.KeySet < 0 {
					t.Fatalf("segment %d lost its key\n%s", seg.MSN, got.Bytes())
				}
			}
			if got.BlockReload != tc.control || (len(got.Hints) > 0) != tc.control {
				t.Fatalf("blocking reload %v, %d hints\n%s", got.BlockReload, len(got.Hints), got.Bytes())
			}
		})
	}
}

func TestWindowLeavesOthersAlone(t *testing.T) {
	for name, text := range map[string]string{
		"film":  strings.Replace(channel, "#EXTM3U\n", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n", 1),
		"delta": strings.Replace(channel, "#EXTINF:4,\n10.ts\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n", 1),
		"empty": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:10\n",
	} {
		p := parsed(t, text)
		if got, err := p.Window(12, 13); err != nil || got != p {
			t.Errorf("%s: %v, %v", name, got != p, err)
		}
	}
	if _, err := parsed(t, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n").Window(1, 2); !errors.Is(err, ErrKind) {
		t.Errorf("multivariant: %v", err)
	}
}
