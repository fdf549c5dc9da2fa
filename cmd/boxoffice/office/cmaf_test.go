package office

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func boxOf(kind string, parts ...[]byte) []byte {
	b := append(make([]byte, 4), kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

func words32(v ...uint32) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

func initOf(clock uint32) []byte {
	mdhd := boxOf("mdhd", words32(0, 0, 0, clock, 0, 0))
	return append(boxOf("ftyp", []byte("iso5")), boxOf("moov", boxOf("mvhd"), boxOf("trak", boxOf("tkhd"), boxOf("mdia", mdhd)))...)
}

func fragmentOf(decode uint64) []byte {
	tfdt := boxOf("tfdt", words32(1<<24), binary.BigEndian.AppendUint64(nil, decode))
	moof := boxOf("moof", boxOf("mfhd"), boxOf("traf", boxOf("tfhd"), tfdt))
	return append(append(boxOf("sidx", words32(1, 2, 3)), moof...), boxOf("mdat", []byte("picture"))...)
}

// decodeTime is when a segment begins, in ticks.
func decodeTime(t *testing.T, segment []byte) uint64 {
	t.Helper()
	body := inBox(segment, "moof", "traf", "tfdt")
	if len(body) != 12 {
		t.Fatalf("no decode time in %q", segment)
	}
	return binary.BigEndian.Uint64(body[4:])
}

// twoLanguages is a film of 8 s: a picture at 24 ticks a second, and sound at
// 1000 that ends 21 ms early.
func twoLanguages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]byte{
		"streams.json": []byte(`{"version":"t","streams":{"tongues":{"durationMs":8000}}}`),
		"tongues/master.m3u8": []byte("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",URI=\"a-en/index.m3u8\"\n" +
			"#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"vtt\",NAME=\"English\",URI=\"s-en/index.m3u8\"\n" +
			"#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"aac\",SUBTITLES=\"vtt\"\n360p/index.m3u8\n#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI=\"p.m3u8\"\n"),
		"tongues/360p/index.m3u8": []byte("#EXTM3U\n#EXTINF:4.0,\n00000.m4s\n#EXTINF:4.0,\n00001.m4s\n#EXT-X-ENDLIST\n"),
		"tongues/a-en/index.m3u8": []byte("#EXTM3U\n#EXTINF:4.010,\n00000.m4s\n#EXTINF:3.969,\n00001.m4s\n#EXT-X-ENDLIST\n"),
		"tongues/360p/init.mp4":   initOf(24), "tongues/a-en/init.mp4": initOf(1000),
		"tongues/360p/00000.m4s": fragmentOf(0), "tongues/360p/00001.m4s": fragmentOf(96),
		"tongues/a-en/00000.m4s": fragmentOf(0), "tongues/a-en/00001.m4s": fragmentOf(4010),
	}
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPictureAndSoundStayTogether: dates and decode times of both go on from
// round to round, and agree to a frame of sound after half a century.
func TestPictureAndSoundStayTogether(t *testing.T) {
	house := newOffice(t, Options{Streams: twoLanguages(t), LiveWindow: 40 * time.Second})
	for folder, clock := range map[string]uint64{"360p": 24, "a-en": 1000} {
		list := ask(house, "GET", "/streams/live-cmaf/"+folder+"/index.m3u8", "").Body.String()
		if !strings.Contains(list, "#EXT-X-MAP:URI=\"init.mp4\"\n") || strings.Contains(list, "ENDLIST") {
			t.Fatalf("%s: %s", folder, list)
		}
		w := readWindow(t, list)
		for _, seg := range w.segments {
			r := ask(house, "GET", fmt.Sprintf("/streams/live-cmaf/%s/%d.m4s", folder, seg.msn), "")
			if r.Code != http.StatusOK || r.Header().Get("Content-Type") != "video/mp4" || strings.Contains(r.Body.String(), "sidx") {
				t.Fatalf("%s %d: %d %v", folder, seg.msn, r.Code, r.Header())
			}
			ticks := decodeTime(t, r.Body.Bytes())
			at := time.Unix(int64(ticks/clock), int64(ticks%clock*1e9/clock))
			if off := at.Sub(seg.at); off.Abs() > 25*time.Millisecond {
				t.Errorf("%s %d: is dated %v, and begins %v later", folder, seg.msn, seg.at, off)
			}
			if seg.cut != (seg.msn%2 == 0) {
				t.Errorf("%s %d: discontinuity %v", folder, seg.msn, seg.cut)
			}
		}
	}
}

func TestRoundsAreFilled(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, tc := range []struct{ sound, want loop }{
		{loop{4 * s, 4 * s}, loop{4 * s, 4 * s}},
		{loop{4 * s, 3979 * ms}, loop{4 * s, 4 * s}},
		{loop{4 * s, 4 * s, 21 * ms}, loop{4 * s, 4 * s}},
		{loop{4 * s, 3990 * ms, 31 * ms}, loop{4 * s, 3990 * ms, 10 * ms}},
		{loop{4 * s, 3 * s}, nil},
		{loop{9 * s}, nil},
	} {
		got, err := slices.Clone(tc.sound).fill(8 * s)
		if !slices.Equal(got, tc.want) || (err == nil) != (tc.want != nil) {
			t.Errorf("%v: %v, %v; want %v", tc.sound, got, err, tc.want)
		}
	}
}

func TestCMAFChannelRefuses(t *testing.T) {
	house := newOffice(t, Options{Streams: twoLanguages(t)})
	master := ask(house, "GET", "/streams/live-cmaf/master.m3u8", "").Body.String()
	if strings.Contains(master, "SUBTITLES") || strings.Contains(master, "IMAGE") || !strings.Contains(master, "AUDIO=\"aac\"\n360p/index.m3u8\n") {
		t.Errorf("master: %s", master)
	}
	for _, path := range []string{
		"360p/0.m4s", "360p/99999999999.m4s", "360p/x.m4s", "360p/-1.m4s", "none/index.m3u8", "360p/deep/index.m3u8", "index.m3u8",
		"s-en/index.m3u8", "%2e%2e/%2e%2e/etc/index.m3u8",
	} {
		if r := ask(house, "GET", "/streams/live-cmaf/"+path, ""); r.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.Code)
		}
	}
}

// FuzzMoveFragments wants no panic, and what it moves to be moved back by the
// opposite.
func FuzzMoveFragments(f *testing.F) {
	f.Add(fragmentOf(7), uint64(1<<40))
	f.Add([]byte("\x00\x00\x00\x08moof"), uint64(1))
	f.Add([]byte{0, 0, 0, 0}, uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, ticks uint64) {
		if _, err := timescale(b); err == nil && len(b) < 40 {
			t.Fatal("a clock in so little")
		}
		was := append([]byte(nil), b...)
		if err := moveFragments(b, ticks); err != nil {
			return
		}
		if err := moveFragments(b, -ticks); err != nil {
			t.Fatal(err)
		}
		for i := range b {
			if b[i] != was[i] && !strings.Contains("sidxfree", string(b[i])) {
				t.Fatalf("byte %d changed", i)
			}
		}
	})
}
