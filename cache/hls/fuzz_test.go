package hls

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grafov/m3u8"
)

// FuzzParse wants, for every input that is a playlist: nothing changes when
// nothing is replaced; what is rewritten reads the same but for the URIs; a
// trimmed playlist has the same segments as the end of the whole; a pinned one
// has one variant.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		film, multi, vod(3), "#EXTM3U\n", "#EXTM3U\r\n#EXTINF:1,\r\na", "#EXTM3U\n#EXT-X-KEY:METHOD=NONE\n\n#EXTINF:1,\na\n",
		"#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"q\"\n#EXTINF:1\n{$q}\n", "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=9\n#EXTINF:1,\nx\n#EXT-X-PART:URI=\"p\",BYTERANGE=\"1@2\"\n",
	} {
		f.Add([]byte(seed), int64(9))
	}
	base := &url.URL{Scheme: "https", Host: "h", Path: "/a/b.m3u8", RawQuery: "q=1"}
	f.Fuzz(func(t *testing.T, data []byte, start int64) {
		p, err := Parse(data, base, Limits{Bytes: 1 << 20, Lines: 5000})
		if err != nil {
			return
		}
		if p.fixed == nil && !bytes.Equal(p.Rewrite(func(Ref) string { return "" }), p.data) {
			t.Fatal("changed without being asked to")
		}
		p.Refs(func(r Ref) bool { r.URL(); return true })
		checkRewritten(t, p)
		checkTrimmed(t, p, time.Duration(start))
		checkWindow(t, p, uint64(start))
		if len(p.Variants) > 0 && p.Kind == Multivariant {
			if q, err := p.Pin(Selection{Variant: len(p.Variants) - 1}); err != nil || len(q.Variants) != 1 {
				t.Fatalf("pinned: %v, %d variants", err, len(q.Variants))
			}
		}
	})
}

// FuzzResolve wants the fast ways of resolving to agree with net/url.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"a.ts", "../b.ts?x=1", "//h/c", "?q", "", "http://e.x/d#f", "a b/%2e%2e/c", "x:y", "./.", "a//b"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "h", Path: "/a/b.m3u8", RawQuery: "q=1"}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := Parse([]byte("#EXTM3U\n#EXTINF:1,\n"+raw+"\n"), base, Limits{})
		if err != nil || len(p.Segments) != 1 || p.SegmentRef(0).Raw() != raw || strings.Contains(raw, "{$") {
			return
		}
		got, err := p.SegmentRef(0).URL()
		u, wantErr := url.Parse(raw)
		if err != nil || wantErr != nil || isOpaque(u.Scheme) || u.Scheme != "" && u.Host == "" {
			return // what cannot be parsed fails when it is fetched
		}
		u = base.ResolveReference(u)
		u.Fragment, u.RawFragment = "", ""
		if got != u.String() {
			t.Errorf("%q: %q, net/url says %q", raw, got, u)
		}
	})
}

// FuzzPlan wants a plan that makes sense for every playlist: numbers and times
// that rise, ranges that do not overflow, references to what is there.
func FuzzPlan(f *testing.F) {
	for _, seed := range []string{
		film, vod(3), "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXTINF:1,\na\n#EXTINF:1,\nb\n",
		"#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:1,\n#EXT-X-BYTERANGE:9@9\nx\n#EXT-X-PART:DURATION=1,URI=\"p\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data, nil, Limits{Bytes: 1 << 20, Lines: 5000})
		if err != nil {
			return
		}
		for i, s := range p.Segments {
			switch {
			case s.Duration < 0 || s.Start < 0 || s.Range.Offset < 0 || s.Range.Offset+s.Range.Length < 0:
				t.Fatalf("segment %d: %+v", i, s)
			case s.Map >= len(p.Maps) || s.KeySet >= len(p.KeySets):
				t.Fatalf("segment %d refers to nothing: %+v", i, s)
			case i > 0 && (s.Start != p.Segments[i-1].Start+p.Segments[i-1].Duration || s.Discontinuity < p.Segments[i-1].Discontinuity):
				t.Fatalf("segment %d does not follow: %+v", i, s)
			}
			if p.SegmentRef(i).Kind != RefSegment || p.SegmentRef(i).Index != i {
				t.Fatalf("segment %d has another's reference", i)
			}
		}
		p.Refs(func(r Ref) bool {
			if r.Range.Offset < 0 || r.Range.Length < 0 {
				t.Fatalf("range %+v", r)
			}
			return true
		})
		if p.Newer(p) {
			t.Fatal("newer than itself")
		}
	})
}

func checkRewritten(t *testing.T, p *Playlist) {
	t.Helper()
	n := 0
	out := p.Rewrite(func(Ref) string { n++; return fmt.Sprintf("/s/%d/x.ts", n) })
	q, err := Parse(out, p.base, p.limits)
	if err != nil {
		if len(out) > p.limits.Bytes {
			return
		}
		t.Fatalf("rewritten: %v", err)
	}
	if q.Kind != p.Kind || len(q.Segments) != len(p.Segments) || len(q.Variants) != len(p.Variants) ||
		len(q.Renditions) != len(p.Renditions) || len(q.Keys) != len(p.Keys) || q.Duration != p.Duration {
		t.Fatalf("rewritten, it reads differently:\n%s\n---\n%s", p.data, out)
	}
	for i := range q.Segments {
		a, b := p.Segments[i], q.Segments[i]
		if a.MSN != b.MSN || a.Duration != b.Duration || a.Range.Length != b.Range.Length || a.Map != b.Map || a.KeySet != b.KeySet {
			t.Fatalf("segment %d: %+v became %+v", i, a, b)
		}
	}
}

func checkTrimmed(t *testing.T, p *Playlist, start time.Duration) {
	t.Helper()
	q, at, err := p.Trim(start)
	if err != nil || q == p {
		return
	}
	if len(q.Segments) == 0 || len(q.Segments) > len(p.Segments) || at < 0 {
		t.Fatalf("trimmed to %d of %d segments at %v", len(q.Segments), len(p.Segments), at)
	}
	if a, b := p.Segments[len(p.Segments)-1], q.Segments[len(q.Segments)-1]; a.Duration != b.Duration {
		t.Fatalf("the last segment is %+v, was %+v", b, a)
	}
}

func checkWindow(t *testing.T, p *Playlist, first uint64) {
	t.Helper()
	q, err := p.Window(first, first+2)
	if err != nil || q == p {
		return
	}
	newest, _ := p.LastMSN()
	if last, ok := q.LastMSN(); !ok || last > newest || q.MediaSequence < p.MediaSequence {
		t.Fatalf("a window from %d to %d of one from %d to %d", q.MediaSequence, last, p.MediaSequence, newest)
	}
}

// vod is a film of n segments.
func vod(n int) string {
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n")
	for i := range n {
		fmt.Fprintf(&b, "#EXTINF:4.004,\nhttps://cdn.example.net/title/0123456789abcdef/v5/segment_%05d.ts?Expires=1700000000&Signature=%064x&Key-Pair-Id=APKAEXAMPLE\n", i, i)
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.String()
}

// TestAgainstGrafov reads playlists with grafov/m3u8 too, where it is known to
// be right: absolute byte ranges, no blank lines, no LL-HLS.
func TestAgainstGrafov(t *testing.T) {
	for _, text := range []string{
		vod(500),
		"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:42\n#EXTINF:4.5,a\nx.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:5,b\ny.ts\n",
		"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:4,\n#EXT-X-BYTERANGE:10@5\nx.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:20@15\nx.ts\n#EXT-X-ENDLIST\n",
	} {
		p := parse(t, text)
		want := grafov(t, text, len(p.Segments)+1)
		if int(want.Count()) != len(p.Segments) || want.SeqNo != p.MediaSequence || want.Closed != p.EndList {
			t.Fatalf("%d segments from %d; grafov has %d from %d", len(p.Segments), p.MediaSequence, want.Count(), want.SeqNo)
		}
		for i, s := range p.Segments {
			w := want.Segments[i]
			if w.URI != p.SegmentRef(i).Raw() || w.Duration != s.Duration.Seconds() || w.Limit != s.Range.Length || w.Offset != s.Range.Offset {
				t.Errorf("segment %d: %+v; grafov has %+v", i, s, w)
			}
		}
	}
}

// grafov panics on some playlists, so it is fenced in.
func grafov(t *testing.T, text string, capacity int) *m3u8.MediaPlaylist {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("grafov panicked: %v", r)
		}
	}()
	pl, err := m3u8.NewMediaPlaylist(0, uint(capacity))
	if err != nil {
		t.Fatal(err)
	}
	if err := pl.DecodeFrom(strings.NewReader(text), false); err != nil {
		t.Fatal(err)
	}
	return pl
}

func TestLimitedAllocations(t *testing.T) {
	text := []byte(vod(10_000))
	n := testing.AllocsPerRun(5, func() {
		if _, err := Parse(text, nil, Limits{}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 20 {
		t.Errorf("%v allocations for 10,000 segments; want a number that does not grow with them", n)
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(vod(10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, nil, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndRewrite(b *testing.B) {
	text := []byte(vod(10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := Parse(text, nil, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		p.Rewrite(func(Ref) string { return "/s/abcdefghijklmnopqrstuvwx/segment.ts" })
	}
}
