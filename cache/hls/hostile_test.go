package hls

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestVariablesDoNotExplode: a few hundred kilobytes of playlist whose
// variables would make gigabytes are refused, at a cost of little more than the
// playlist itself.
func TestVariablesDoNotExplode(t *testing.T) {
	define := "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"" + strings.Repeat("x", 200_000) + "\"\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := parse(t, define+"#EXTINF:1,\nhttp://h/"+strings.Repeat("{$a}", 50_000)+"\n#EXTINF:1,\n{$a}\n#EXTINF:1,\nb.ts\n")
	for i, want := range []error{errLongAddress, errLongAddress, nil} {
		if u, err := p.SegmentRef(i).URL(); !errors.Is(err, want) {
			t.Errorf("segment %d: %d bytes, %v; want %v", i, len(u), err, want)
		}
	}
	for _, attr := range []string{
		`CODECS="` + strings.Repeat("{$a}", 50_000) + `"`,
		strings.Repeat("AUDIO=\"{$a}\",", 10_000),
	} {
		if _, err := Parse([]byte(define+"#EXT-X-STREAM-INF:BANDWIDTH=1,"+attr+"\nv.m3u8\n"), nil, Limits{}); !errors.Is(err, ErrLimit) {
			t.Errorf("%.20s…: %v, want %v", attr, err, ErrLimit)
		}
	}
	runtime.ReadMemStats(&after)
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 400 {
		t.Errorf("%d MiB were allocated", mb)
	}
}

// TestLongAddresses: what no server would take is no address; inline data stays.
func TestLongAddresses(t *testing.T) {
	long := strings.Repeat("a", maxAddress)
	p := parse(t, "#EXTM3U\n#EXTINF:1,\n"+long+".ts\n#EXTINF:1,\nhttp://h/"+long+"\n#EXTINF:1,\ndata:,"+long+"\n")
	for i, want := range []error{errLongAddress, errLongAddress, nil} {
		if _, err := p.SegmentRef(i).URL(); !errors.Is(err, want) {
			t.Errorf("segment %d: %v, want %v", i, err, want)
		}
	}
}

// TestNumbersOnlyBeforeTheFirstSegment: a media sequence number in the middle
// (RFC 8216 section 4.3.3.2 forbids it) would leave a gap in the numbers, and a
// window is found by counting them.
func TestNumbersOnlyBeforeTheFirstSegment(t *testing.T) {
	p := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:4,\na\n"+
		"#EXT-X-MEDIA-SEQUENCE:100000\n#EXT-X-DISCONTINUITY-SEQUENCE:9\n#EXTINF:4,\nb\n#EXTINF:4,\nc\n")
	if s := p.Segments[2]; s.MSN != 3 || s.Discontinuity != 0 {
		t.Errorf("the third segment is %d, discontinuity %d", s.MSN, s.Discontinuity)
	}
	q, err := p.Window(2, 3)
	if err != nil || len(q.Segments) != 2 {
		t.Errorf("window: %+v, %v", q, err)
	}
}

// TestTimesDoNotOverflow: durations that are absurd together are refused before
// a sum of them becomes negative.
func TestTimesDoNotOverflow(t *testing.T) {
	days := strings.Repeat("#EXTINF:8640000,\na\n", 365)
	if p := parse(t, "#EXTM3U\n"+days); p.Duration != 36_500*24*time.Hour {
		t.Errorf("a century is %v", p.Duration)
	}
	if _, err := Parse([]byte("#EXTM3U\n"+days+days+days), nil, Limits{}); !errors.Is(err, ErrLimit) {
		t.Errorf("three centuries: %v", err)
	}
}
