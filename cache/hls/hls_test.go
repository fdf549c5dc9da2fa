package hls

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func base(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func parse(t testing.TB, text string) *Playlist {
	t.Helper()
	p, err := Parse([]byte(text), base(t, "https://cdn.example/a/b/list.m3u8?tok=1"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// marked is the playlist with every URI replaced by <kind>.
func marked(p *Playlist) string {
	names := []string{
		"segment", "variant", "rendition", "iframes", "images", "report", "map", "key", "sessionkey", "part",
		"hint", "data", "steering", "asset", "assetlist",
	}
	return string(p.Rewrite(func(r Ref) string { return "<" + names[r.Kind] + ">" }))
}

// TestRewriteChangesURIsOnly has each tag with a URI, and everything around it
// in the shapes that break rewriters.
func TestRewriteChangesURIsOnly(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"segments", "#EXTM3U\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts\n", "#EXTM3U\n#EXTINF:4,\n<segment>\n#EXTINF:4,\n<segment>\n"},
		{"crlf", "#EXTM3U\r\n#EXTINF:4,\r\na.ts\r\n", "#EXTM3U\r\n#EXTINF:4,\r\n<segment>\r\n"},
		{"no final newline", "#EXTM3U\n#EXTINF:4,\na.ts", "#EXTM3U\n#EXTINF:4,\n<segment>"},
		{"byte order mark goes", "\xef\xbb\xbf#EXTM3U\n#EXTINF:4,\na.ts\n", "#EXTM3U\n#EXTINF:4,\n<segment>\n"},
		{"blank lines and blanks", "#EXTM3U\n\n#EXTINF:4,\n \n  a.ts \t\n\n", "#EXTM3U\n\n#EXTINF:4,\n \n  <segment> \t\n\n"},
		{"comments and unknown tags", "#EXTM3U\n# uri a.ts\n#EXT-X-NEW:URI=\"x\"\n#EXTINF:1.23456789012,t\na.ts\n", "#EXTM3U\n# uri a.ts\n#EXT-X-NEW:URI=\"x\"\n#EXTINF:1.23456789012,t\n<segment>\n"},
		{"key and map", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1\n#EXT-X-MAP:BYTERANGE=\"5@0\",URI=\"m\"\n#EXTINF:1,\na\n", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"<key>\",IV=0x1\n#EXT-X-MAP:BYTERANGE=\"5@0\",URI=\"<map>\"\n#EXTINF:1,\n<segment>\n"},
		{"key none", "#EXTM3U\n#EXT-X-KEY:METHOD=NONE\n\n#EXTINF:1,\na\n", "#EXTM3U\n#EXT-X-KEY:METHOD=NONE\n\n#EXTINF:1,\n<segment>\n"},
		{"decoys in quotes", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"a,URI=\\\",b=c\",GROUP-ID=\"URI=x\",URI=\"real\"\n", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"a,URI=\\\",b=c\",GROUP-ID=\"URI=x\",URI=\"<rendition>\"\n"},
		{"multivariant", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI=\"j\"\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-SESSION-DATA:DATA-ID=\"d\",URI=\"x\"\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\",PATHWAY-ID=\"URI\"\n", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n<variant>\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"<iframes>\"\n#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI=\"<images>\"\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"<sessionkey>\"\n#EXT-X-SESSION-DATA:DATA-ID=\"d\",URI=\"<data>\"\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"<steering>\",PATHWAY-ID=\"URI\"\n"},
		{"low latency", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART:DURATION=1,URI=\"p\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"h\"\n#EXT-X-RENDITION-REPORT:URI=\"../r\",LAST-MSN=1\n", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART:DURATION=1,URI=\"<part>\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"<hint>\"\n#EXT-X-RENDITION-REPORT:URI=\"<report>\",LAST-MSN=1\n"},
		{"interstitials", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DATERANGE:ID=\"a\",X-ASSET-URI=\"u\",X-COM=\"X-ASSET-LIST=q\"\n#EXT-X-DATERANGE:ID=\"b\",X-ASSET-LIST=\"l\"\n", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DATERANGE:ID=\"a\",X-ASSET-URI=\"<asset>\",X-COM=\"X-ASSET-LIST=q\"\n#EXT-X-DATERANGE:ID=\"b\",X-ASSET-LIST=\"<assetlist>\"\n"},
		{"unquoted and blank", "#EXTM3U\n#EXT-X-KEY: METHOD = AES-128 , URI = k , IV=0x2\n#EXTINF:1,\na\n", "#EXTM3U\n#EXT-X-KEY: METHOD = AES-128 , URI = <key> , IV=0x2\n#EXTINF:1,\n<segment>\n"},
		{"open quote", "#EXTM3U\n#EXT-X-MAP:URI=\"m\n#EXTINF:1,\na\n", "#EXTM3U\n#EXT-X-MAP:URI=\"<map>\n#EXTINF:1,\n<segment>\n"},
		{"long line", "#EXTM3U\n#EXTINF:1,\n" + strings.Repeat("a", 100_000) + "\n", "#EXTM3U\n#EXTINF:1,\n<segment>\n"},
		{"variables from outside", "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"tok\"\n#EXTINF:1,\na?{$tok}\n", "#EXTM3U\n#EXT-X-DEFINE:NAME=\"tok\",VALUE=\"1\"\n#EXTINF:1,\n<segment>\n"},
		{"iptv list", "#EXTM3U url-tvg=\"x\"\n#EXTINF:-1 tvg-id=\"a\",Name\nhttp://x/1\n", "#EXTM3U url-tvg=\"x\"\n#EXTINF:-1 tvg-id=\"a\",Name\n<segment>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.in)
			if d := cmp.Diff(c.want, marked(p)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			same := string(p.Rewrite(func(Ref) string { return "" }))
			if p.fixed == nil && same != strings.TrimPrefix(c.in, "\xef\xbb\xbf") {
				t.Errorf("nothing replaced, yet changed:\n%s", same)
			}
		})
	}
}

func TestNotPlaylist(t *testing.T) {
	for _, in := range []string{"", "<!DOCTYPE html>", "\n#EXTM3U\n", "#EXTM3U8\n", "#EXTM3", "GIF89a", "\xef\xbb\xbf"} {
		if _, err := Parse([]byte(in), nil, Limits{}); !errors.Is(err, ErrNotPlaylist) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestLimits(t *testing.T) {
	in := []byte("#EXTM3U\n#EXTINF:1,\nsegment.ts\n")
	for _, l := range []Limits{{Bytes: 10}, {Lines: 2}, {LineBytes: 9}} {
		if _, err := Parse(in, nil, l); !errors.Is(err, ErrLimit) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if _, err := Parse(in, nil, Limits{Bytes: 100, Lines: 10, LineBytes: 20}); err != nil {
		t.Error(err)
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct{ base, raw, want string }{
		{"https://h/a/b.m3u8", "s.ts", "https://h/a/s.ts"},
		{"https://h/a/b.m3u8?q=1", "s.ts?t=2", "https://h/a/s.ts?t=2"},
		{"https://h/a/b.m3u8", "../s.ts", "https://h/s.ts"},
		{"https://h/a/b.m3u8", "./x/./s.ts", "https://h/a/x/s.ts"},
		{"https://h/a/b.m3u8", "/s.ts", "https://h/s.ts"},
		{"https://h/a/b.m3u8", "//g/s.ts", "https://g/s.ts"},
		{"https://h/a/b.m3u8", "?x=1", "https://h/a/b.m3u8?x=1"},
		{"https://h/a/b.m3u8", "HTTP://G/s.ts", "http://G/s.ts"},
		{"https://h/a/b.m3u8", "http://g/../s.ts", "http://g/s.ts"},
		{"https://h/a/b.m3u8", "http://g/s.ts#t=1", "http://g/s.ts"},
		{"https://h/a/b.m3u8", "sub/x:1.ts", "https://h/a/sub/x:1.ts"},
		{"https://h/a/b.m3u8", "s 1.ts", "https://h/a/s%201.ts"},
		{"https://h/a/b.m3u8", "ü.ts", "https://h/a/%C3%BC.ts"},
		{"https://h/a%2Fb/c.m3u8", "s.ts", "https://h/a%2Fb/s.ts"},
		{"https://h", "s.ts", "https://h/s.ts"},
		{"https://h/a/b.m3u8?x=/y/z", "s.ts", "https://h/a/s.ts"},
		{"https://u:p@h/a/b.m3u8", "s.ts", "https://u:p@h/a/s.ts"},
		{"https://h/a/b.m3u8", "data:text/plain,x", "data:text/plain,x"},
		{"https://h/a/b.m3u8", "skd://key", "skd://key"},
	} {
		p, err := Parse([]byte("#EXTM3U\n#EXTINF:1,\n"+c.raw+"\n"), base(t, c.base), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.SegmentRef(0).URL()
		if err != nil || got != c.want {
			t.Errorf("%s from %s: %q, %v; want %q", c.raw, c.base, got, err, c.want)
		}
	}
	p := parse(t, "#EXTM3U\n#EXTINF:1,\nhttp://%zz/secret?t=1\n")
	if _, err := p.SegmentRef(0).URL(); err != nil && strings.Contains(err.Error(), "t=1") {
		t.Errorf("the error tells the query: %v", err)
	}
}

func TestPlanOfMediaPlaylist(t *testing.T) {
	p := parse(t, `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-DISCONTINUITY-SEQUENCE:5
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="i.mp4",BYTERANGE="700@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T07:00:00.500Z
#EXTINF:3.999999999,
#EXT-X-BYTERANGE:1000@700
f.mp4
#EXTINF:4.000,
#EXT-X-BYTERANGE:2000
f.mp4
#EXT-X-KEY:METHOD=AES-128,URI="k1"
#EXT-X-KEY:METHOD=AES-128,URI="k2",KEYFORMAT="com.example"
#EXTINF:2,
#EXT-X-BYTERANGE:3000
other.mp4
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="j.mp4"
#EXT-X-GAP
#EXTINF:1.5,
last.mp4
#EXT-X-ENDLIST
`)
	want := []Segment{
		{MSN: 100, Discontinuity: 5, Duration: 3999999999, Range: Range{700, 1000}, Map: 0, KeySet: -1},
		{MSN: 101, Discontinuity: 5, Start: 3999999999, Duration: 4e9, Range: Range{1700, 2000}, Map: 0, KeySet: -1},
		{MSN: 102, Discontinuity: 5, Start: 7999999999, Duration: 2e9, Range: Range{0, 3000}, Map: 0, KeySet: 1},
		{MSN: 103, Discontinuity: 6, Start: 9999999999, Duration: 15e8, Map: 1, KeySet: -1, Gap: true},
	}
	opt := cmp.FilterPath(func(p cmp.Path) bool {
		name := p.Last().String()
		return name == ".ref" || name == ".lo" || name == ".hi" || name == ".pdt"
	}, cmp.Ignore())
	if d := cmp.Diff(want, p.Segments, cmp.AllowUnexported(Segment{}), opt); d != "" {
		t.Errorf("segments (-want +got):\n%s", d)
	}
	if p.Kind != Media || p.Version != 7 || p.Target != 4*time.Second || p.MediaSequence != 100 || !p.EndList || p.Live() ||
		p.Type != "VOD" || p.Duration != 11499999999 || !p.FMP4() || len(p.KeySets[1]) != 2 {
		t.Errorf("playlist %+v", p)
	}
	if at, ok := p.ProgramTime(0); !ok || !at.Equal(time.Date(2026, 11, 21, 7, 0, 0, 5e8, time.UTC)) {
		t.Errorf("program time %v, %v", at, ok)
	}
	if _, ok := p.ProgramTime(1); ok {
		t.Error("segment 1 has no program time of its own")
	}
}

func TestPlanOfLowLatencyPlaylist(t *testing.T) {
	p := parse(t, `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-SKIP:SKIPPED-SEGMENTS=3
#EXTINF:4,
s269.mp4
#EXT-X-PART:DURATION=0.3,URI="p.mp4",BYTERANGE="100@50",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.3,URI="p.mp4",BYTERANGE="60",GAP=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p.mp4",BYTERANGE-START=210
`)
	if p.Segments[0].MSN != 269 || p.Skipped != 3 || !p.BlockReload || p.PartTarget != 333340*time.Microsecond || !p.Live() {
		t.Errorf("playlist %+v", p)
	}
	opt := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".ref" }, cmp.Ignore())
	wantParts := []Part{
		{MSN: 270, Duration: 3e8, Range: Range{50, 100}, Independent: true},
		{MSN: 270, Duration: 3e8, Range: Range{150, 60}, Gap: true},
	}
	if d := cmp.Diff(wantParts, p.Parts, cmp.AllowUnexported(Part{}), opt); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	if len(p.Hints) != 1 || p.Hints[0].Range.Offset != 210 || p.Hints[0].Type != "PART" {
		t.Errorf("hints %+v", p.Hints)
	}
}

func TestVariables(t *testing.T) {
	p, err := Parse([]byte(`#EXTM3U
#EXT-X-DEFINE:NAME="host",VALUE="cdn2.example"
#EXT-X-DEFINE:QUERYPARAM="tok"
#EXT-X-DEFINE:IMPORT="lang"
#EXT-X-DEFINE:QUERYPARAM="absent"
#EXTINF:1,
https://{$host}/{$lang}/s.ts?t={$tok}&{$absent}
`), base(t, "https://h/l.m3u8?tok=a%26b"), Limits{Import: map[string]string{"lang": "th"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.SegmentRef(0).URL()
	if want := "https://cdn2.example/th/s.ts?t=a&b&{$absent}"; err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	out := string(p.Rewrite(func(Ref) string { return "x" }))
	if !strings.Contains(out, `#EXT-X-DEFINE:NAME="tok",VALUE="a&b"`) || !strings.Contains(out, `#EXT-X-DEFINE:NAME="lang",VALUE="th"`) ||
		!strings.Contains(out, `QUERYPARAM="absent"`) {
		t.Errorf("rewritten:\n%s", out)
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"4": 4e9, "4.5,title": 45e8, " 1.000000001": 1e9 + 1, "1.0000000019": 1e9 + 1, "-1": 0, "": 0, ".5": 5e8, "1e3": 1e9,
		"99999999999999999999": maxDuration, "0.1": 1e8,
	} {
		if got := parseDuration([]byte(in)); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}
