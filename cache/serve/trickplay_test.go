package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

const ownPage = "http://127.0.0.1:8787"

// wound is a service of a film with pictures, and an origin in front of it.
func wound(t *testing.T, extra, list string) (b *bench, base string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "master.m3u8"):
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nfilm.m3u8\n%s", extra)
		case strings.HasSuffix(r.URL.Path, "film.m3u8"):
			_, _ = fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-ENDLIST\n")
		case strings.HasSuffix(r.URL.Path, "list"):
			_, _ = fmt.Fprint(w, list)
		case strings.HasSuffix(r.URL.Path, ".jpg"):
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = fmt.Fprint(w, "picture ", r.URL.Path)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return newBench(t, cachetest.Stream{}, serve.Options{Pages: []string{ownPage}, Hold: time.Second}), srv.URL
}

func TestPicturesForWinding(t *testing.T) {
	const vtt = "WEBVTT\n\n1\n00:00.000 --> 00:04.000\nt.jpg#xywh=0,0,160,90\n\n00:00:04.000 --> 00:00:08.000 align:start\n/d/t.jpg#xywh=pixel:160,0,160,90\n\n" +
		"00:08.000 --> 00:12.000\nu.jpg\n\n" +
		"00:12.000 --> 00:12.000\nnever.jpg\n\n00:12.000 --> 00:16.000\nfile:///etc/passwd\n\n00:12.000 --> 00:16.000\nt.jpg#xywh=0,0,0,0\n\n00:12.000 --> 00:16.000\n"
	const images = "#EXTM3U\n#EXT-X-IMAGES-ONLY\n#EXT-X-TARGETDURATION:8\n#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=2x2,DURATION=4\n#EXTINF:8,\nt.jpg\n#EXTINF:4,\nu.jpg\n#EXT-X-ENDLIST\n"
	for name, tc := range map[string]struct {
		extra, list string
		kind        serve.TrickKind
		want        []string
	}{
		"vtt": {"", vtt, serve.TrickVTT, []string{
			"00:00:00.000 --> 00:00:04.000 t.jpg#xywh=0,0,160,90", "00:00:04.000 --> 00:00:08.000 t.jpg#xywh=160,0,160,90", "00:00:08.000 --> 00:00:12.000 u.jpg",
		}},
		"images": {"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,RESOLUTION=160x90,URI=\"images.list\"\n", images, serve.TrickImages, []string{
			"00:00:00.000 --> 00:00:04.000 t.jpg#xywh=0,0,160,90", "00:00:04.000 --> 00:00:08.000 t.jpg#xywh=160,0,160,90", "00:00:08.000 --> 00:00:12.000 u.jpg#xywh=0,0,160,90",
		}},
		"portal": {"", "<html>log in</html>", serve.TrickVTT, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, base := wound(t, tc.extra, tc.list)
			r := serve.Request{Tag: 1, URL: base + "/d/master.m3u8"}
			if tc.kind == serve.TrickVTT {
				r.Thumbnails = base + "/d/list"
			}
			o := b.open(t, r)
			if o.Trickplay.Kind != tc.kind {
				t.Fatalf("%+v", o.Trickplay)
			}
			got := b.get(t, o.Trickplay.URL)
			if name == "portal" {
				if got.status == http.StatusOK && strings.Contains(string(got.body), "-->") {
					t.Fatalf("%d %s", got.status, got.body)
				}
				return
			}
			if text := b.cues(t, string(got.body)); strings.Join(text, "\n") != strings.Join(tc.want, "\n") {
				t.Fatalf("%d\n%s", got.status, strings.Join(text, "\n"))
			}
		})
	}
}

// cues are the cues of a list, with the names of its pictures, which are there.
func (b *bench) cues(t *testing.T, text string) (all []string) {
	t.Helper()
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n")[1:] {
		times, name, _ := strings.Cut(block, "\n")
		path, part, cut := strings.Cut(name, "#")
		if got := b.get(t, b.URL+path); got.status != http.StatusOK || !strings.HasPrefix(string(got.body), "picture /d/") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if cut {
			part = "#" + part
		}
		all = append(all, times+" "+path[strings.LastIndex(path, "/")+1:]+part)
	}
	return all
}

// TestPicturesAreForTheOwnPage: no other page reads them.
func TestPicturesAreForTheOwnPage(t *testing.T) {
	b, base := wound(t, "", "WEBVTT\n")
	o := b.open(t, serve.Request{Tag: 1, URL: base + "/d/master.m3u8", Thumbnails: base + "/d/list"})
	for from, want := range map[string]string{ownPage: ownPage, "http://evil.example": "", "null": "", "": ""} {
		if got := b.get(t, o.Trickplay.URL, "Origin", from).header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%q may read: %q", from, got)
		}
	}
	b.Close(1)
	if got := b.get(t, o.Trickplay.URL); got.status != http.StatusNotFound {
		t.Errorf("after the film: %d", got.status)
	}
}

func TestIFramesGivePositionsOnly(t *testing.T) {
	b, base := wound(t, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"film.m3u8?i\"\n", "")
	o := b.open(t, serve.Request{Tag: 1, URL: base + "/d/master.m3u8"})
	if o.Trickplay.Kind != serve.TrickIFrames || !strings.Contains(string(b.get(t, o.Trickplay.URL).body), "#EXTINF") {
		t.Fatalf("%+v", o.Trickplay)
	}
	if o = b.open(t, serve.Request{Tag: 1, URL: base + "/d/film.m3u8"}); o.Trickplay.Kind != "" {
		t.Fatalf("%+v", o.Trickplay)
	}
}
