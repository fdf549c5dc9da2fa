package serve_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

func encode(t *testing.T, coding, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		w = z
	default:
		return []byte(text)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCodedPlaylistsAndSubtitles(t *testing.T) {
	list := "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n" + strings.Repeat("# padding\n", 1000)
	master := "#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"x\",LANGUAGE=\"de\",URI=\"sub.m3u8\"\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES=\"s\"\nv.m3u8\n"
	for _, coding := range []string{"gzip", "br", "zstd", "identity"} {
		up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			switch {
			case r.Header.Get("If-None-Match") != "":
				w.WriteHeader(http.StatusNotModified)
				return
			case coding != "identity" && !strings.Contains(r.Header.Get("Accept-Encoding"), coding):
				t.Errorf("%s was not asked for %s", coding, r.URL.Path)
			}
			w.Header().Set("ETag", `"1"`)
			switch r.URL.Path {
			case "/master.m3u8":
				w.Write(encode(t, coding, master))
			case "/sub.m3u8":
				w.Write(encode(t, coding, strings.ReplaceAll(list, "s.ts", "s.vtt")))
			case "/s.vtt":
				w.Write(encode(t, coding, "WEBVTT\n\n00:01.000 --> 00:02.000\nHallo\n"))
			default:
				w.Write(encode(t, coding, list))
			}
		}))
		b := newBench(t, cachetest.Stream{}, serve.Options{})
		got := b.open(t, serve.Request{URL: up.URL + "/master.m3u8", Subtitle: []string{"de"}})
		if got.Duration != 4*time.Second {
			t.Errorf("%s: opened %+v", coding, got)
		}
		if text := string(b.get(t, got.Captions[0].URL).body); !strings.Contains(text, "Hallo") {
			t.Errorf("%s: subtitles %q", coding, text)
		}
		serve.Age(b.Origin, time.Hour)
		if r := b.get(t, got.URL); r.header.Get("X-Usher") != "hit; unchanged" || r.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: after 304 %d %v", coding, r.status, r.header)
		}
		tooLarge(t, coding, up.URL+"/v.m3u8")
		up.Close()
	}
}

// tooLarge wants the decoded size to be limited, however small it was on the
// way.
func tooLarge(t *testing.T, coding, url string) {
	t.Helper()
	o := serve.Options{AllowPrivate: true}
	o.Limits.Bytes = 5000
	g := newOrigin(t, o)
	_, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: url})
	if tr, ok := errors.AsType[*serve.Trouble](err); !ok || tr.Code != serve.TooLarge {
		t.Errorf("%s: a playlist beyond the limit: %v", coding, err)
	}
}

func TestUnknownAndBrokenCodings(t *testing.T) {
	for coding, body := range map[string]string{"compress": "x", "br": "this is not brotli", "zstd": "nor zstd", "gzip": "nor gzip"} {
		up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			io.WriteString(w, body)
		}))
		b := newBench(t, cachetest.Stream{}, serve.Options{Retry: time.Millisecond})
		if _, err := b.Open(t.Context(), serve.Request{Tag: 1, URL: up.URL}); err == nil {
			t.Errorf("%s: %q was a playlist", coding, body)
		}
		up.Close()
	}
}
