package hls

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const multi = `#EXTM3U
# a comment
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="st",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="st",NAME="Description",LANGUAGE="en",URI="ad.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="st",NAME="Deutsch",LANGUAGE="deu",AUTOSELECT=YES,URI="de.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="51",NAME="Surround",LANGUAGE="en",URI="51.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="su",NAME="signs",LANGUAGE="th",FORCED=YES,URI="f.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="su",NAME="Thai",LANGUAGE="th",URI="th.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,AUDIO="st",SUBTITLES="su",CLOSED-CAPTIONS="cc"
360.m3u8
#EXT-X-STREAM-INF:AUDIO="st",BANDWIDTH=3000000,RESOLUTION=1280x720,SUBTITLES="su"
720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=6000000,RESOLUTION=1920x1080,AUDIO="51",SUBTITLES="su"
1080.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS="mp4a.40.2",AUDIO="st"
audio.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,URI="i.m3u8"
#EXT-X-CONTENT-STEERING:SERVER-URI="s.json"
#EXT-X-SESSION-DATA:DATA-ID="t",VALUE="Title"
`

func TestRank(t *testing.T) {
	p := parse(t, multi)
	for _, c := range []struct {
		name string
		pref Preference
		want []int
	}{
		{"no limits", Preference{}, []int{2, 1, 0, 3}},
		{"bandwidth", Preference{MaxBandwidth: 3_500_000}, []int{1, 0, 2, 3}},
		{"height", Preference{MaxHeight: 720}, []int{1, 0, 2, 3}},
		{"height and bandwidth", Preference{MaxHeight: 720, MaxBandwidth: 1_000_000}, []int{0, 1, 2, 3}},
		{"nothing fits the bandwidth", Preference{MaxBandwidth: 1000}, []int{0, 1, 2, 3}},
		{"nothing fits the height", Preference{MaxHeight: 100}, []int{0, 1, 2, 3}},
	} {
		if d := cmp.Diff(c.want, Rank(p.Variants, c.pref)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	twins := []Variant{{Bandwidth: 5, Height: 1}, {Bandwidth: 5, Height: 1}, {Bandwidth: 5, Height: 1}}
	if d := cmp.Diff([]int{0, 1, 2}, Rank(twins, Preference{})); d != "" {
		t.Errorf("redundant streams change places:\n%s", d)
	}
}

func TestPickRenditions(t *testing.T) {
	p := parse(t, multi)
	for _, c := range []struct {
		group string
		langs []string
		want  int
	}{
		{"st", nil, 0},
		{"st", []string{"de-CH", "en"}, 2},
		{"st", []string{"fr", "en"}, 0},
		{"st", []string{"fr"}, 0},
		{"51", nil, 3},
		{"", []string{"en"}, -1},
		{"none", nil, -1},
	} {
		if got := p.PickAudio(c.group, c.langs); got != c.want {
			t.Errorf("audio %s %v: %d, want %d", c.group, c.langs, got, c.want)
		}
	}
	if got := p.PickSubtitle("su", []string{"th"}); got != 5 {
		t.Errorf("subtitles: %d, want 5 (not the forced ones)", got)
	}
	if got := p.PickSubtitle("su", []string{"en"}); got != -1 {
		t.Errorf("subtitles nobody has: %d", got)
	}
}

func TestSameLanguage(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"en", "en-GB", true},
		{"eng", "en", true},
		{"ger", "deu", true},
		{"zh-Hans", "cmn", true},
		{"pt_BR", "pt", true},
		{"en", "de", false},
		{"", "", false},
		{"und", "en", false},
		{"xyz", "xyz", true},
	} {
		if got := SameLanguage(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

func TestPin(t *testing.T) {
	p := parse(t, multi)
	for _, c := range []struct {
		name string
		sel  Selection
		want string
	}{
		{"sound and subtitles", Selection{1, []int{2, 5}}, `#EXTM3U
# a comment
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="st",NAME="Deutsch",LANGUAGE="deu",AUTOSELECT=YES,URI="de.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="su",NAME="Thai",LANGUAGE="th",URI="th.m3u8"
#EXT-X-STREAM-INF:AUDIO="st",BANDWIDTH=3000000,RESOLUTION=1280x720,SUBTITLES="su"
720.m3u8
#EXT-X-SESSION-DATA:DATA-ID="t",VALUE="Title"
`},
		{"groups that lead nowhere go", Selection{1, nil}, `#EXTM3U
# a comment
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720
720.m3u8
#EXT-X-SESSION-DATA:DATA-ID="t",VALUE="Title"
`},
		{"closed captions stay", Selection{0, []int{0, 6}}, `#EXTM3U
# a comment
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="st",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="en.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,AUDIO="st",CLOSED-CAPTIONS="cc"
360.m3u8
#EXT-X-SESSION-DATA:DATA-ID="t",VALUE="Title"
`},
	} {
		q, err := p.Pin(c.sel)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, string(q.Bytes())); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	if _, err := p.Pin(Selection{Variant: 9}); !errors.Is(err, ErrNoVariant) {
		t.Errorf("no such variant: %v", err)
	}
	if _, err := parse(t, "#EXTM3U\n#EXTINF:1,\na\n").Pin(Selection{}); !errors.Is(err, ErrKind) {
		t.Errorf("media playlist: %v", err)
	}
}

func TestVariantWithoutURI(t *testing.T) {
	p := parse(t, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb\n#EXT-X-STREAM-INF:BANDWIDTH=3\n")
	if len(p.Variants) != 1 || p.Variants[0].Bandwidth != 2 {
		t.Fatalf("variants %+v", p.Variants)
	}
	q, err := p.Pin(Selection{})
	if want := "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb\n"; err != nil || string(q.Bytes()) != want {
		t.Errorf("pinned %v:\n%s", err, q.Bytes())
	}
}

const film = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-START:TIME-OFFSET=0
#EXT-X-KEY:METHOD=AES-128,URI="k1"
#EXT-X-MAP:URI="i.mp4"
#EXTINF:4,
#EXT-X-BYTERANGE:10@0
f.mp4
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=AES-128,URI="k2"
#EXTINF:4,
#EXT-X-BYTERANGE:20
f.mp4
# about the third
#EXTINF:4,
#EXT-X-BYTERANGE:30
f.mp4
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="j.mp4"
#EXTINF:4,
#EXT-X-BYTERANGE:40
f.mp4
#EXT-X-ENDLIST
`

func TestTrim(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:"
	const more = "#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
	for _, c := range []struct {
		name  string
		start time.Duration
		at    time.Duration
		want  string
	}{
		{"beginning", 3 * time.Second, 0, film},
		{
			"keys and offset in force", 9 * time.Second, 8 * time.Second,
			head + "9\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n" + more + "#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXT-X-MAP:URI=\"i.mp4\"\n" +
				"#EXT-X-KEY:METHOD=NONE\n#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n" +
				"# about the third\n#EXTINF:4,\n#EXT-X-BYTERANGE:30@30\n" + film[strings.Index(film, "f.mp4\n#EXT-X-KEY:METHOD=NONE"):],
		},
		{
			"own tags", 100 * time.Second, 12 * time.Second,
			head + "10\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n" + more + "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n" +
				"#EXT-X-KEY:METHOD=NONE\n#EXT-X-MAP:URI=\"j.mp4\"\n#EXTINF:4,\n#EXT-X-BYTERANGE:40@60\nf.mp4\n#EXT-X-ENDLIST\n",
		},
	} {
		whole := parse(t, film)
		q, at, err := whole.Trim(c.start)
		if err != nil || at != c.at {
			t.Errorf("%s: begins at %v, %v; want %v", c.name, at, err, c.at)
			continue
		}
		if d := cmp.Diff(c.want, string(q.Bytes())); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		checkTail(t, whole, q)
	}
	live := parse(t, strings.TrimSuffix(film, "#EXT-X-ENDLIST\n"))
	if q, at, err := live.Trim(9 * time.Second); q != live || at != 0 || err != nil {
		t.Errorf("a playlist that grows was trimmed: %v, %v", at, err)
	}
}

// checkTail wants the segments of a trimmed playlist to be what they were.
func checkTail(t *testing.T, whole, q *Playlist) {
	t.Helper()
	off := len(whole.Segments) - len(q.Segments)
	for i, s := range q.Segments {
		w := whole.Segments[i+off]
		if s.MSN != w.MSN || s.Discontinuity != w.Discontinuity || s.Range != w.Range || s.Duration != w.Duration {
			t.Errorf("segment %d is %+v, was %+v", i, s, w)
		}
		if a, b := uris(whole, w), uris(q, s); a != b {
			t.Errorf("segment %d refers to %s, was %s", i, b, a)
		}
	}
}

// uris are the segment, its map and its keys.
func uris(p *Playlist, s Segment) string {
	out := p.refAt(s.ref).Raw()
	if s.Map >= 0 {
		out += " map " + p.MapRef(s.Map).Raw()
		out += " " + keys(p, p.Maps[s.Map].KeySet)
	}
	return out + " keys " + keys(p, s.KeySet)
}

func keys(p *Playlist, set int) string {
	if set < 0 {
		return "none"
	}
	var out []string
	for _, i := range p.KeySets[set] {
		if r, ok := p.KeyRef(i); ok {
			out = append(out, r.Raw())
		}
	}
	return strings.Join(out, "+")
}

func TestSegmentAtAndNear(t *testing.T) {
	p := parse(t, film)
	for _, c := range []struct {
		at          time.Duration
		in, nearest int
	}{
		{-1, 0, 0},
		{0, 0, 0},
		{1900 * time.Millisecond, 0, 0},
		{2100 * time.Millisecond, 0, 1},
		{4 * time.Second, 1, 1},
		{7 * time.Second, 1, 2},
		{15 * time.Second, 3, 3},
		{time.Hour, 3, 3},
	} {
		if in, nearest := p.SegmentAt(c.at), p.SegmentNear(c.at); in != c.in || nearest != c.nearest {
			t.Errorf("%v: in %d, nearest %d; want %d, %d", c.at, in, nearest, c.in, c.nearest)
		}
	}
	empty := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n")
	if empty.SegmentAt(0) != -1 || empty.SegmentNear(0) != -1 {
		t.Error("a playlist without segments has one")
	}
}
