package hls

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const lowLatency = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0
#EXT-X-PART-INF:PART-TARGET=1
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-PART:DURATION=1,URI="10.0.mp4"
#EXTINF:4,
10.mp4
#EXT-X-PART:DURATION=1,URI="11.0.mp4"
#EXT-X-PART:DURATION=1,URI="11.1.mp4"
#EXTINF:4,
11.mp4
#EXT-X-PART:DURATION=1,URI="12.0.mp4"
#EXT-X-PART:DURATION=1,URI="12.1.mp4"
`

// TestHas: which blocking reloads a playlist answers (rfc8216bis section 6.2.5.2).
func TestHas(t *testing.T) {
	p := parse(t, lowLatency)
	for _, c := range []struct {
		msn  uint64
		part int // -1: the whole segment
		want bool
	}{
		{9, -1, true}, // before the window: something newer is there
		{10, 0, true},
		{11, -1, true},
		{11, 7, true}, // a part after the last of a segment that is complete
		{12, 0, true},
		{12, 1, true},
		{12, 2, false},
		{12, -1, false}, // its parts are there, the segment is not
		{13, 0, false},
		{13, -1, false},
	} {
		if got := p.Has(c.msn, c.part); got != c.want {
			t.Errorf("Has(%d, %d): %v, want %v", c.msn, c.part, got, c.want)
		}
	}
	if empty := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:5\n"); empty.Has(5, -1) || empty.Has(5, 0) {
		t.Error("an empty playlist has nothing")
	}
}

// TestNewer: a part more, and a segment more, are news; the same is none.
func TestNewer(t *testing.T) {
	p := parse(t, lowLatency)
	part := parse(t, lowLatency+"#EXT-X-PART:DURATION=1,URI=\"12.2.mp4\"\n")
	segment := parse(t, lowLatency+"#EXTINF:4,\n12.mp4\n")
	empty := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:10\n")
	for i, newer := range []*Playlist{empty, p, part, segment} {
		for j, older := range []*Playlist{empty, p, part, segment} {
			if got := newer.Newer(older); got != (i > j) {
				t.Errorf("%d after %d: %v", i, j, got)
			}
		}
	}
}

// TestKindsOfReferences: which addresses lead to playlists, which have a range,
// and in which order they come.
func TestKindsOfReferences(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{
			`#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="steer",PATHWAY-ID="a"
#EXT-X-SESSION-DATA:DATA-ID="x",URI="data.json"
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="key"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n",URI="audio.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="n",INSTREAM-ID="CC1"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"
#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="images.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1
variant.m3u8
`,
			"steer, data.json, key, audio.m3u8 list, iframes.m3u8 list, images.m3u8 list, variant.m3u8 list",
		},
		{
			`#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MAP:URI="init.mp4",BYTERANGE="70@5"
#EXT-X-DATERANGE:ID="1",X-ASSET-URI="ad.m3u8"
#EXT-X-DATERANGE:ID="2",X-ASSET-LIST="ads.json"
#EXTINF:4,
#EXT-X-BYTERANGE:10@90
a.mp4
#EXT-X-PART:DURATION=1,URI="part.mp4",BYTERANGE="8@100"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="hint.mp4",BYTERANGE-START=108,BYTERANGE-LENGTH=9
#EXT-X-RENDITION-REPORT:URI="other.m3u8",LAST-MSN=1
`,
			"init.mp4 70@5, ad.m3u8 list, ads.json, a.mp4 10@90, part.mp4 8@100, hint.mp4 9@108, other.m3u8 list",
		},
	} {
		var got []string
		for r := range parse(t, c.text).Refs {
			name := r.Raw()
			if r.Kind.Playlist() {
				name += " list"
			}
			if r.Range.Length > 0 {
				name += fmt.Sprintf(" %d@%d", r.Range.Length, r.Range.Offset)
			}
			got = append(got, name)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("found %s\nwant  %s", s, c.want)
		}
	}
}

// TestVariablesInAttributes: names of groups and languages are compared after
// substitution, and left alone in what goes out.
func TestVariablesInAttributes(t *testing.T) {
	const text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"g\",VALUE=\"stereo\"\n" +
		"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{$g}\",NAME=\"n\",LANGUAGE=\"{$g}-{$unknown}\",URI=\"a.m3u8\"\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"stereo\",PATHWAY-ID=\"{$g}\",STABLE-VARIANT-ID=\"{$g}1\",VIDEO-RANGE=PQ,CLOSED-CAPTIONS=NONE,FRAME-RATE=23.976\nv.m3u8\n"
	p := parse(t, text)
	if r := p.Renditions[0]; r.Group != "stereo" || r.Language != "stereo-{$unknown}" {
		t.Errorf("rendition %+v", r)
	}
	v := p.Variants[0]
	if v.Audio != "stereo" || v.PathwayID != "stereo" || v.StableID != "stereo1" || v.VideoRange != "PQ" || v.ClosedCaptions != "NONE" || v.FrameRate != 23.976 {
		t.Errorf("variant %+v", v)
	}
	if out := string(p.Rewrite(func(r Ref) string { return r.Raw() })); out != text {
		t.Errorf("rewritten:\n%s", out)
	}
}

// TestTrimKeepsLineEnds: what is written anew ends its lines as the service does.
func TestTrimKeepsLineEnds(t *testing.T) {
	const film = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n#EXT-X-BYTERANGE:10@0\nf.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:20\nf.ts\n#EXT-X-ENDLIST\n"
	for _, eol := range []string{"\n", "\r\n"} {
		q, at, err := parse(t, strings.ReplaceAll(film, "\n", eol)).Trim(5 * time.Second)
		if err != nil || at != 4*time.Second {
			t.Fatalf("%q: %v, %v", eol, at, err)
		}
		text := string(q.Bytes())
		if n := strings.Count(text, "\n"); strings.Count(text, eol) != n || n < 6 {
			t.Errorf("%q: %q", eol, text)
		}
		if !strings.Contains(text, "#EXT-X-BYTERANGE:20@10"+eol) {
			t.Errorf("%q: the offset is lost: %q", eol, text)
		}
	}
}
