package serve

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"usher/cache/hls"
)

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"bytes=0-", "bytes=-1", "bytes=1-2", "bytes=5-1", "bytes=0-0,2-3", "bytes=99999999999999999999-", "x"} {
		f.Add(s, int64(100))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		r, ok := parseRange(header, size)
		switch {
		case !ok && size < 0:
			t.Fatal("416 for an object of unknown size")
		case ok && !r.present && (r.off != 0 || r.n != size):
			t.Fatalf("whole object is %+v", r)
		case ok && r.present && (r.off < 0 || r.n <= 0 || r.off+r.n > size):
			t.Fatalf("%q of %d: %+v", header, size, r)
		}
		if off, n, ok := absoluteRange(header); ok && (off < 0 || n <= 0) {
			t.Fatalf("%q: %d, %d", header, off, n)
		}
		if off, n, total, ok := contentRange(header); ok && (off < 0 || n <= 0 || total != 0 && off+n > total) {
			t.Fatalf("%q: %d, %d of %d", header, off, n, total)
		}
	})
}

func TestContentRange(t *testing.T) {
	for _, c := range []struct {
		in            string
		off, n, total int64
		ok            bool
	}{
		{"bytes 0-9/10", 0, 10, 10, true},
		{"bytes 5-9/*", 5, 5, 0, true},
		{"bytes 5-9/7", 0, 0, 0, false},
		{"bytes 9-5/10", 0, 0, 0, false},
		{"bytes */10", 0, 0, 0, false},
		{"0-9/10", 0, 0, 0, false},
		{"", 0, 0, 0, false},
	} {
		off, n, total, ok := contentRange(c.in)
		if off != c.off || n != c.n || total != c.total || ok != c.ok {
			t.Errorf("%q: %d %d %d %v", c.in, off, n, total, ok)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	for addr, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "127.0.0.1": false, "::1": false, "10.1.2.3": false, "172.16.0.1": false,
		"192.168.0.1": false, "169.254.169.254": false, "100.64.1.1": false, "0.0.0.0": false, "224.0.0.1": false, "fd00::1": false,
		"fe80::1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "255.255.255.255": false, "198.18.0.1": false,
		"64:ff9b:1::a00:1": false, "2001:0:a00:1::": false, "::10.0.0.1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
}

func TestPublicTitleCannotLeadInside(t *testing.T) {
	for _, raw := range []string{"http://10.0.0.1/x", "http://[::1]:8787/rpc", "http://169.254.169.254/latest/meta-data"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := allowed(u, false); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	d := dialer{}
	for _, addr := range []string{"localhost:80", "127.0.0.1:80", "[::1]:80"} {
		if c, err := d.dial(t.Context(), "tcp", addr); !errors.Is(err, errPrivate) {
			t.Errorf("dial %s: %v, %v", addr, c, err)
		}
	}
}

func TestFileNames(t *testing.T) {
	for _, c := range []struct{ raw, ext, want string }{
		{"https://h/a/seg1.ts?token=x", ".ts", "seg1.ts"},
		{"https://h/a/chunk.php?n=1", ".ts", "chunk.php.ts"},
		{"https://h/a/", ".m3u8", "a.m3u8"},
		{"https://h", ".m3u8", "h.m3u8"},
		{"https://h/a/k", ".key", "k.key"},
		{"https://h/%2e%2e%2f<script>.M4S", ".ts", "_2e_2e_2f_script_.M4S"},
		{"https://h/..", ".ts", "x.ts"},
		{"https://h/" + strings.Repeat("a", 200) + ".vtt", ".ts", strings.Repeat("a", 44) + ".vtt"},
	} {
		if got := fileName(c.raw, c.ext); got != c.want {
			t.Errorf("%s: %s, want %s", c.raw, got, c.want)
		}
	}
}

func TestBackoffGrowsAndStops(t *testing.T) {
	b := backoff{first: DefaultRetry}
	for i := range 12 {
		d := b.next()
		want := min(250*time.Millisecond<<i, 5*time.Second)
		if d < want*3/4 || d > want*5/4 {
			t.Errorf("try %d: %v, want about %v", i, d, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	later := now.Add(7 * time.Second).Format(http.TimeFormat)
	for _, c := range []struct {
		header string
		clock  time.Time // of the box
		want   time.Duration
	}{
		{"", now, 0},
		{"5", now, 5 * time.Second},
		{"-1", now, 0},
		{"9999", now, 30 * time.Second},
		{"99999999999", now, 30 * time.Second},             // more than a Duration holds
		{"99999999999999999999999", now, 30 * time.Second}, // more than an int64 holds
		{later, now, 7 * time.Second},
		{later, time.Unix(3, 0), 7 * time.Second},      // a box that has just started
		{later, now.AddDate(1, 0, 0), 7 * time.Second}, // and one that is ahead
		{"Mon, 01 Jan 0001 00:00:00 GMT", now, 0},      // long ago
		{"Fri, 31 Dec 9999 23:59:59 GMT", now, 30 * time.Second},
		{"soon", now, 0},
	} {
		h := http.Header{"Retry-After": {c.header}, "Date": {now.Format(http.TimeFormat)}}
		if got := retryAfter(h, c.clock); got != c.want {
			t.Errorf("%q at %v: %v, want %v", c.header, c.clock, got, c.want)
		}
	}
	if got := retryAfter(http.Header{"Retry-After": {later}}, now); got != 7*time.Second {
		t.Errorf("without a Date: %v", got)
	}
}

// TestPages: the page of a portal is known whatever its type and beginning, and
// what services disguise as a page is none.
func TestPages(t *testing.T) {
	const html = "text/html; charset=utf-8"
	for _, c := range []struct {
		name, kind, body string
		status           int
		want             bool
	}{
		{"page", html, "<!DOCTYPE html><title>Hotel</title>", 200, true},
		{"page without a type", "", "\r\n <HTML><HEAD><TITLE>Log in", 200, true},
		{"page of another type", "video/mp2t", "<!doctype HTML>\n<html>", 200, true},
		{"script first", html, "<script>location='http://1.1.1.1/login'</script>", 200, true},
		{"comment first, with byte order mark", html, "\xef\xbb\xbf<!-- portal --><html><body>", 200, true},
		{"XHTML", html, "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C\">\n<html xmlns=\"\">", 200, true},
		{"media as a page", html, "\x47\x40\x00\x10\x00" + strings.Repeat("<", 600), 200, false},
		{"the middle of media as a page", html, "<\x40\x00\x10\x00" + strings.Repeat("a", 600), 206, false},
		{"a key as a page", html, "<23456789abcdef0", 200, false},
		{"subtitles as a page", html, "WEBVTT\n\n00:00.000 --> 00:01.000\n<html>", 200, false},
		{"TTML as a page", html, "<?xml version=\"1.0\"?><tt xmlns=\"http://www.w3.org/ns/ttml\">", 200, false},
		{"TTML", "application/ttml+xml", "<tt xmlns=\"http://www.w3.org/ns/ttml\"><body/></tt>", 200, false},
		{"nothing", html, "", 200, false},
	} {
		resp := &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.kind}}}
		b := bufio.NewReaderSize(strings.NewReader(c.body), copyBuffer)
		if got := isPage(resp, b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if rest, err := io.ReadAll(b); err != nil || string(rest) != c.body {
			t.Errorf("%s: the body is %q afterwards, %v", c.name, rest, err)
		}
	}
}

func TestTroubleTellsNoSecrets(t *testing.T) {
	raw := "https://user:pw@h/a.m3u8?token=secret"
	err := asTrouble(raw, &url.Error{Op: "Get", URL: raw, Err: io.EOF})
	if s := err.Error(); strings.Contains(s, "secret") || strings.Contains(s, "pw") || !strings.Contains(s, "https://h/a.m3u8") {
		t.Errorf("%s", s)
	}
	if !errors.Is(err, io.EOF) || err.Code != Unreachable {
		t.Errorf("%+v", err)
	}
	if c := asTrouble(raw, hls.ErrNotPlaylist).Code; c != NotPlaylist {
		t.Errorf("code %s", c)
	}
}

func TestJoinWebVTT(t *testing.T) {
	for _, c := range []struct {
		name string
		base time.Duration
		in   []string
		want string
	}{
		{
			"one file", 0,
			[]string{"\ufeffWEBVTT - title\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE hidden\r\n\r\n1\r\n00:01.000 --> 00:02.500 line:0\r\nHello\r\nthere\r\n"},
			"WEBVTT\n\nSTYLE\n::cue { color: red }\n\n1\n00:00:01.000 --> 00:00:02.500 line:0\nHello\nthere\n\n",
		},
		{
			"same map everywhere, cue in both segments", 0,
			[]string{
				"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:05.000 --> 00:07.000\na\n",
				"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:05.000 --> 00:07.000\na\n\n00:08.000 --> 00:09.000\nb\n",
			},
			"WEBVTT\n\n00:00:05.000 --> 00:00:07.000\na\n\n00:00:08.000 --> 00:00:09.000\nb\n\n",
		},
		{
			"times begin anew in each segment", 0,
			[]string{
				"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:126000\n\n00:01.000 --> 00:02.000\na\n",
				"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:666000\n\n00:01.000 --> 00:02.000\nb\n",
			},
			"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na\n\n00:00:07.000 --> 00:00:08.000\nb\n\n",
		},
		{
			"clock wraps", 0,
			[]string{
				"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:8589844592\n\n00:00.000 --> 00:01.000\na\n",
				"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:90000\n\n00:00.000 --> 00:01.000\nb\n",
			},
			"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na\n\n00:00:02.000 --> 00:00:03.000\nb\n\n",
		},
		{
			"trimmed", 10 * time.Second,
			[]string{"WEBVTT\n\n00:01.000 --> 00:10.000\ngone\n\n00:09.000 --> 00:11.000\nhalf\n\n01:00:10.000 --> 01:00:11.000\nlate\n"},
			"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nhalf\n\n01:00:00.000 --> 01:00:01.000\nlate\n\n",
		},
		{"not WebVTT", 0, []string{"<html>", "", "WEBVTT"}, "WEBVTT\n\n"},
		{"broken cues", 0, []string{"WEBVTT\n\nx --> y\na\n\n00:01.000\nb\n\n00:01.00 --> 00:02.000\nc\n"}, "WEBVTT\n\n"},
	} {
		j := newJoiner(c.base)
		for _, s := range c.in {
			j.add([]byte(s))
		}
		if got := string(j.text()); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

func FuzzJoinWebVTT(f *testing.F) {
	f.Add("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n1\n00:01.000 --> 00:02.000\na\n", int64(5))
	f.Add("WEBVTT\n\nSTYLE\nx\n\nREGION\ny\n\nNOTE\n\n99:00.000 --> 999999:59:59.999 x\n\n", int64(-5))
	f.Fuzz(func(t *testing.T, text string, base int64) {
		j := newJoiner(time.Duration(base) % (1000 * time.Hour))
		j.add([]byte(text))
		once := j.text()
		again := newJoiner(0)
		again.add(once)
		if got := again.text(); string(got) != string(once) {
			t.Fatalf("joined again it is\n%q\nwas\n%q", got, once)
		}
	})
}
