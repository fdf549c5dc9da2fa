package office

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// partStreams is a streams folder whose loop is MPEG-TS: two rungs of three
// segments of 4, 4 and 2.5 s.
func partStreams(t *testing.T) string {
	t.Helper()
	dir := fakeStreams(t)
	files := map[string][]byte{"master.m3u8": []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n240p/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\n360p/index.m3u8\n")}
	for _, rung := range []string{"240p", "360p"} {
		files[rung+"/index.m3u8"] = []byte("#EXTM3U\n#EXTINF:4.000000,\n00000.ts\n#EXTINF:4.000000,\n00001.ts\n#EXTINF:2.500000,\n00002.ts\n")
		for i, pictures := range []int{96, 96, 60} {
			files[fmt.Sprintf("%s/%05d.ts", rung, i)] = tsSegment(uint64(i)*360_000, pictures, 3750)
		}
	}
	for name, raw := range files {
		file := filepath.Join(dir, loopStream, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, raw, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openChannel(t *testing.T) (channel, map[string]channel) {
	t.Helper()
	all, err := streams{dir: partStreams(t)}.channels(&lowLatency{})
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	c := all["240p"]
	delete(all, "240p")
	return c, all
}

// told is what a low-latency playlist says about its parts.
type told struct {
	parts   []position
	lengths map[position]time.Duration
	hint    string
	tail    string // what follows the last complete segment
	report  string
}

func readTold(t *testing.T, playlist string) told {
	t.Helper()
	w := told{lengths: map[position]time.Duration{}, tail: playlist[strings.LastIndex(playlist, "#EXTINF"):]}
	tag := regexp.MustCompile(`^#EXT-X-PART:DURATION=([0-9.]+),URI="(\d+)\.(\d+)\.ts"(,INDEPENDENT=YES)?$`)
	for _, line := range strings.Split(playlist, "\n") {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "#EXT-X-PART":
			m := tag.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("line %q", line)
			}
			p := position{}
			fmt.Sscan(m[2], &p.msn) // digits
			fmt.Sscan(m[3], &p.part)
			w.parts = append(w.parts, p)
			w.lengths[p], _ = time.ParseDuration(m[1] + "s")
			if (m[4] != "") != (p.part == 0) {
				t.Errorf("line %q", line)
			}
		case "#EXT-X-PRELOAD-HINT":
			w.hint = strings.TrimSuffix(strings.TrimPrefix(value, `TYPE=PART,URI="`), `"`)
		case "#EXT-X-RENDITION-REPORT":
			w.report = value
		}
	}
	return w
}

// TestLowLatencyWindow walks through three rounds of the loop in steps of a
// quarter of a second, with the rules of rfc8216bis for each playlist (4.4.3.7,
// 4.4.3.8, 4.4.4.9, 4.4.5.3, 4.4.5.4) and for any two neighbours (6.2.1, 6.2.2).
func TestLowLatencyWindow(t *testing.T) {
	c, others := openChannel(t)
	var before told
	var was window
	for step := range 130 {
		now := noon().Add(time.Duration(step) * 250 * time.Millisecond)
		text := c.playlist(now, liveWindow, others)
		w, all := readWindow(t, text), readTold(t, text)
		checkSegments(t, w, was, now)
		checkParts(t, c, w, all, now)
		if step > 0 {
			for _, p := range all.parts {
				if _, known := before.lengths[p]; !known && p.String() != before.hint {
					t.Errorf("step %d: %v came, %s was hinted at", step, p, before.hint)
				}
			}
		}
		before, was = all, w
	}
}

func checkSegments(t *testing.T, w, was window, now time.Time) {
	t.Helper()
	if len(w.segments) != liveWindow || w.msn != w.segments[0].msn {
		t.Fatalf("%v: %+v", now, w)
	}
	for i, s := range w.segments {
		if s.msn != w.msn+int64(i) || s.cut != (s.msn%3 == 0) || s.dseq != s.msn/3 || s.at.Add(s.length).After(now) {
			t.Errorf("%v: %+v", now, s)
		}
	}
	for _, old := range was.segments {
		if i := old.msn - w.msn; i >= 0 && w.segments[i] != old {
			t.Errorf("%v: %+v became %+v", now, old, w.segments[i])
		}
	}
}

func checkParts(t *testing.T, c channel, w window, all told, now time.Time) {
	t.Helper()
	last := all.parts[len(all.parts)-1]
	if end := c.due(last); end.After(now) || !c.due(c.next(last)).After(now) {
		t.Errorf("%v: the last part is %v", now, last)
	}
	if all.hint != c.next(last).String() || all.report != fmt.Sprintf(`URI="../360p/index.m3u8",LAST-MSN=%d,LAST-PART=%d`, last.msn, last.part) {
		t.Errorf("%v: after %v, hint %s, report %s", now, last, all.hint, all.report)
	}
	if hinted := strings.Contains(all.tail, "#EXT-X-DISCONTINUITY\n"); hinted != (c.next(last).msn%3 == 0 && c.next(last).part == 0 || last.msn%3 == 0 && last.part < len(c.of(last.msn))-1) {
		t.Errorf("%v: after %v the discontinuity of the hint is told: %v", now, last, hinted)
	}
	for i, p := range all.parts {
		if i > 0 && p != c.next(all.parts[i-1]) || i == 0 && p.part != 0 {
			t.Errorf("%v: part %v is out of order", now, p)
		}
		if d, rest := all.lengths[p], p.part == len(c.of(p.msn))-1; d > c.target() || !rest && d < c.target()*85/100 {
			t.Errorf("%v: part %v lasts %v", now, p, d)
		}
	}
	for _, s := range w.segments {
		var sum time.Duration
		for i := range c.of(s.msn) {
			sum += all.lengths[position{s.msn, i}]
		}
		far := c.due(last).Sub(s.at) > 12*time.Second
		if far && sum != 0 || !far && sum != s.length {
			t.Errorf("%v: parts of %d last %v", now, s.msn, sum)
		}
	}
}

func TestLowLatencyHead(t *testing.T) {
	c, others := openChannel(t)
	at := c.loop.begins(300_000_000).Add(1500 * time.Millisecond) // the first part of a round is there
	text := c.playlist(at, liveWindow, others)
	head, _, _ := strings.Cut(text, "#EXT-X-PROGRAM-DATE-TIME")
	want := "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:4\n" +
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.000\n#EXT-X-PART-INF:PART-TARGET=1.000\n" +
		fmt.Sprintf("#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n#EXT-X-DISCONTINUITY\n",
			300_000_000-liveWindow, (300_000_000-liveWindow)/3-1)
	if diff := cmp.Diff(want, head); diff != "" {
		t.Error(diff)
	}
	tail := text[strings.LastIndex(text, "#EXTINF"):]
	want = "#EXTINF:2.500000,\n299999999.ts\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:" + c.loop.begins(300_000_000).UTC().Format("2006-01-02T15:04:05.000Z07:00") +
		"\n#EXT-X-PART:DURATION=1.000000,URI=\"300000000.0.ts\",INDEPENDENT=YES\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"300000000.1.ts\"\n" +
		"#EXT-X-RENDITION-REPORT:URI=\"../360p/index.m3u8\",LAST-MSN=300000000,LAST-PART=0\n"
	if diff := cmp.Diff(want, tail); diff != "" {
		t.Error(diff)
	}
}

const lowLatencyList = "/streams/live-ll/240p/"

// onTheHour moves the fake clock to 1.2 s after a round of the loop began, and
// gives the sequence number of its first segment: part 0 is there, 1 is made.
func onTheHour(t *testing.T, house *Office) int64 {
	t.Helper()
	all, err := house.streams.channels(house.lowLatency)
	if err != nil {
		t.Fatal(err)
	}
	l := all["240p"].loop
	msn := ((l.newest(time.Now())+1)/3 + 1) * 3
	time.Sleep(time.Until(l.begins(msn)) + 1200*time.Millisecond)
	return msn
}

func TestBlockingReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		house := newOffice(t, Options{Streams: partStreams(t), Now: time.Now})
		for name, tc := range map[string]struct {
			query  string // %M is the segment that is being made, %M+n a later one
			status int
			waits  time.Duration
			last   string // part in the answer
		}{
			"plain":                  {"", 200, 0, "%M.0.ts"},
			"unknown directive":      {"_HLS_skip=YES", 200, 0, "%M.0.ts"},
			"there":                  {"_HLS_msn=%M&_HLS_part=0", 200, 0, "%M.0.ts"},
			"long there":             {"_HLS_msn=0&_HLS_part=7", 200, 0, "%M.0.ts"},
			"next part":              {"_HLS_msn=%M&_HLS_part=1", 200, 800 * time.Millisecond, "%M.1.ts"},
			"whole segment":          {"_HLS_msn=%M", 200, 2800 * time.Millisecond, "%M.3.ts"},
			"next segment":           {"_HLS_msn=%M+1", 200, 6800 * time.Millisecond, "%M+1.3.ts"},
			"third part ahead":       {"_HLS_msn=%M&_HLS_part=3", 200, 2800 * time.Millisecond, "%M.3.ts"},
			"fourth part ahead":      {"_HLS_msn=%M&_HLS_part=4", 400, 0, ""},
			"no such part":           {"_HLS_msn=%M&_HLS_part=99", 400, 0, ""},
			"too far":                {"_HLS_msn=%M+2", 400, 0, ""},
			"much too far":           {"_HLS_msn=9223372036854775807&_HLS_part=1", 400, 0, ""},
			"part alone":             {"_HLS_part=1", 400, 0, ""},
			"no number":              {"_HLS_msn=x", 400, 0, ""},
			"empty":                  {"_HLS_msn=", 400, 0, ""},
			"negative":               {"_HLS_msn=-1", 400, 0, ""},
			"part that is no number": {"_HLS_msn=%M&_HLS_part=-1", 400, 0, ""},
		} {
			msn := onTheHour(t, house)
			began := time.Now()
			w := ask(house, "GET", lowLatencyList+"index.m3u8?"+filled(tc.query, msn), "")
			if took := time.Since(began); w.Code != tc.status || took != tc.waits {
				t.Errorf("%s: %d after %v", name, w.Code, took)
			}
			if tc.status != http.StatusOK {
				continue
			}
			all := readTold(t, w.Body.String())
			if got := all.parts[len(all.parts)-1].String(); got != filled(tc.last, msn) || w.Header().Get("ETag") == "" {
				t.Errorf("%s: the last part is %s, want %s", name, got, filled(tc.last, msn))
			}
			if cache := w.Header().Get("Cache-Control"); (cache == "public, max-age=24") != strings.Contains(tc.query, "_HLS_msn") {
				t.Errorf("%s: %s", name, cache)
			}
		}
	})
}

// filled puts the sequence number of the segment that is made into a pattern.
func filled(pattern string, msn int64) string {
	return strings.NewReplacer("%M+2", strconv.FormatInt(msn+2, 10), "%M+1", strconv.FormatInt(msn+1, 10), "%M", strconv.FormatInt(msn, 10)).Replace(pattern)
}

// TestPartAfterTheLastIsTheNextSegment: rfc8216bis section 6.2.5.2.
func TestPartAfterTheLastIsTheNextSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		house := newOffice(t, Options{Streams: partStreams(t), Now: time.Now})
		msn := onTheHour(t, house)
		time.Sleep(2 * time.Second) // 3.2 s: part 2 is there
		began := time.Now()
		all := readTold(t, ask(house, "GET", fmt.Sprintf("%sindex.m3u8?_HLS_msn=%d&_HLS_part=4", lowLatencyList, msn), "").Body.String())
		if took := time.Since(began); took != 1800*time.Millisecond || all.parts[len(all.parts)-1] != (position{msn + 1, 0}) {
			t.Errorf("%v after %v", all.parts, took)
		}
	})
}

func TestPartsAreTheSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		house := newOffice(t, Options{Streams: partStreams(t), Now: time.Now})
		msn := onTheHour(t, house)
		get := func(name string) *httptest.ResponseRecorder { return ask(house, "GET", lowLatencyList+name, "") }
		var whole string
		tags := map[string]bool{}
		began := time.Now()
		for part := range 4 {
			w := get(position{msn, part}.String())
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "video/mp2t" {
				t.Fatalf("part %d: %d %v", part, w.Code, w.Header())
			}
			whole += w.Body.String()
			tags[w.Header().Get("ETag")] = true
		}
		if took := time.Since(began); took != 2800*time.Millisecond { // each waited until it was there
			t.Errorf("the parts came after %v", took)
		}
		if seg := get(fmt.Sprint(msn, ".ts")); seg.Body.String() != whole || tags[seg.Header().Get("ETag")] || len(tags) != 4 {
			t.Errorf("segment has %d bytes, its parts %d, tags %v", seg.Body.Len(), len(whole), tags)
		}
		first := ask(house, "GET", lowLatencyList+position{msn, 1}.String(), "", "Range", "bytes=0-187")
		if first.Code != http.StatusPartialContent || first.Body.Len() != 188 || first.Body.Bytes()[0] != 0x47 {
			t.Errorf("range of a part: %d, %d bytes", first.Code, first.Body.Len())
		}
	})
}

func TestPartsThatAreNotOnTheAir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		house := newOffice(t, Options{Streams: partStreams(t), Now: time.Now})
		msn := onTheHour(t, house)
		began := time.Now()
		for name, file := range map[string]string{
			"far": position{msn + 1, 0}.String(), "no such part": position{msn - 1, 9}.String(),
			"long gone": position{msn - liveWindow - liveGrace - 1, 0}.String(), "padded": fmt.Sprintf("0%d.0.ts", msn),
			"negative": "-1.0.ts", "sign": fmt.Sprintf("%d.+0.ts", msn), "no number": "a.b.ts", "other type": fmt.Sprintf("%d.0.mp4", msn),
			"huge": "9223372036854775807.2147483647.ts", "segment in the making": fmt.Sprint(msn, ".ts"), "rung": "x/index.m3u8",
		} {
			if w := ask(house, "GET", lowLatencyList+file, ""); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
		if w := ask(house, "GET", "/streams/live-ll/720p/index.m3u8", ""); w.Code != http.StatusNotFound {
			t.Errorf("no such rung: %d", w.Code)
		}
		if w := ask(house, "GET", "/streams/live-ll/master.m3u8", ""); w.Code != http.StatusOK || time.Since(began) != 0 {
			t.Errorf("master: %d", w.Code)
		}
	})
}

// TestReloadIsNotHeldForEver: a clock that stands still gives 503 after three
// target durations, and a reader that leaves is let go at once.
func TestReloadIsNotHeldForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := noon()
		house := newOffice(t, Options{Streams: partStreams(t), Now: func() time.Time { return at }})
		all, err := house.streams.channels(house.lowLatency)
		if err != nil {
			t.Fatal(err)
		}
		edge := all["240p"].edge(at)
		for _, file := range []string{fmt.Sprintf("index.m3u8?_HLS_msn=%d&_HLS_part=%d", edge.msn, edge.part), edge.String()} {
			began := time.Now()
			w := ask(house, "GET", lowLatencyList+file, "")
			if took := time.Since(began); w.Code != http.StatusServiceUnavailable || took != 12*time.Second || !strings.Contains(w.Body.String(), codeLate) {
				t.Errorf("%s: %d after %v: %s", file, w.Code, took, w.Body)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began = time.Now()
			house.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", lowLatencyList+file, nil))
			if took := time.Since(began); took != time.Second {
				t.Errorf("%s: held for %v after the reader left", file, took)
			}
			cancel()
		}
	})
}

// TestLoopIsCutOnce, and again when the streams were made again.
func TestLoopIsCutOnce(t *testing.T) {
	s, kept := streams{dir: partStreams(t)}, &lowLatency{}
	first, err := s.channels(kept)
	if err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join(s.dir, loopStream, "240p", "00000.ts")
	if err := os.WriteFile(segment, []byte("zero"), 0o644); err != nil {
		t.Fatal(err)
	}
	same := func(a, b channel) bool { return &a.parts[0][0] == &b.parts[0][0] }
	if again, err := s.channels(kept); err != nil || !maps.EqualFunc(first, again, same) {
		t.Errorf("cut again: %v", err)
	}
	master := filepath.Join(s.dir, loopStream, "master.m3u8")
	if err := os.Chtimes(master, noon(), noon()); err != nil {
		t.Fatal(err)
	}
	if again, err := s.channels(kept); err == nil {
		t.Errorf("cut from what is no MPEG-TS: %v", again)
	}
	house := newOffice(t, Options{Streams: s.dir})
	if w := ask(house, "GET", lowLatencyList+"index.m3u8", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("a broken loop: %d", w.Code)
	}
	if err := os.WriteFile(segment, tsSegment(0, 96, 3750), 0o644); err != nil {
		t.Fatal(err)
	}
	if again, err := s.channels(kept); err != nil || len(again) != 2 || same(again["240p"], first["240p"]) {
		t.Errorf("not cut again: %v", err)
	}
}
