package serve_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// pathways is a title on two content delivery networks.
func pathways(t *testing.T) (b *bench, two *cachetest.Origin, title string) {
	t.Helper()
	b = newBench(t, cachetest.Stream{}, serve.Options{})
	two = cachetest.NewOrigin(cachetest.Stream{})
	srv := httptest.NewServer(two)
	t.Cleanup(srv.Close)
	text := "#EXTM3U\n"
	for i, u := range []string{b.upURL, srv.URL} {
		text += fmt.Sprintf("#EXT-X-STREAM-INF:BANDWIDTH=1000,PATHWAY-ID=\"%d\"\n%s/v/list.m3u8\n", i, u)
	}
	top := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }))
	t.Cleanup(top.Close)
	return b, two, top.URL + "/m.m3u8"
}

// bodies are the requests of an origin for whole segments.
func bodies(o *cachetest.Origin) (n int) {
	for _, g := range o.Got() {
		if strings.HasSuffix(g.Path, ".ts") && g.IfNoneMatch == "" {
			n++
		}
	}
	return n
}

func TestTwinsShareTheCache(t *testing.T) {
	b, two, title := pathways(t)
	for name, u := range b.links(t, b.open(t, serve.Request{URL: title}).URL) {
		if r := b.get(t, u); !bytes.Equal(r.body, b.up.Body("/v/"+name)) {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	b.Close(1)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 404})
	for name, u := range b.links(t, b.open(t, serve.Request{URL: title}).URL) {
		if r := b.get(t, u); !bytes.Equal(r.body, two.Body("/v/"+name)) || r.header.Get("X-Usher") != "hit; kept" {
			t.Errorf("%s: %d %s", name, r.status, r.header.Get("X-Usher"))
		}
	}
	if n := bodies(two); n != 0 {
		t.Errorf("the second network sent %d segments that were there", n)
	}
}

func TestTwinsWithOtherContent(t *testing.T) {
	b, two, title := pathways(t)
	two.Change()
	b.get(t, b.links(t, b.open(t, serve.Request{URL: title}).URL)["seg0.ts"])
	b.Close(1)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 404})
	if r := b.get(t, b.links(t, b.open(t, serve.Request{URL: title}).URL)["seg0.ts"]); !bytes.Equal(r.body, two.Body("/v/seg0.ts")) {
		t.Errorf("%d %s: not what the second network holds", r.status, r.header.Get("X-Usher"))
	}
}

func TestFailoverInMidFilm(t *testing.T) {
	b, two, title := pathways(t)
	links := b.links(t, b.open(t, serve.Request{URL: title}).URL)
	b.get(t, links["seg0.ts"])
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Cut, Path: "/v/seg1", After: 20_000, Times: 1})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse})
	for _, name := range []string{"seg1.ts", "seg2.ts"} {
		if r := b.get(t, links[name]); r.status != 200 || r.err != nil || !bytes.Equal(r.body, b.up.Body("/v/"+name)) {
			t.Errorf("%s: %d, %v", name, r.status, r.err)
		}
	}
	if n := bodies(two); n != 2 {
		t.Errorf("the second network was asked for %d segments", n)
	}
}

func TestSteeringAndAssetLists(t *testing.T) {
	var asked string
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/m.m3u8":
			io.WriteString(w, "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"steer?s=1\",PATHWAY-ID=\"a\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
		case "/v.m3u8":
			io.WriteString(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DATERANGE:ID=\"1\",X-ASSET-LIST=\"ads\"\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n")
		case "/steer":
			asked = r.URL.RawQuery
			io.WriteString(w, `{"VERSION":1,"TTL":300,"RELOAD-URI":"/steer?s=2","PATHWAY-PRIORITY":["b","a"],"PATHWAY-CLONES":[{"ID":"c"}]}`)
		case "/ads":
			io.WriteString(w, `{"ASSETS":[{"URI":"ad.m3u8","DURATION":15.5},{"URI":"data:x","DURATION":1}],"X-OTHER":{"a":[1]}}`)
		case "/ad.m3u8":
			io.WriteString(w, "#EXTM3U\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n")
		case "/s.ts":
			w.Write(make([]byte, 100_000))
		}
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	top := b.links(t, b.link(t, up.URL+"/m.m3u8"))
	list := b.links(t, top["v.m3u8"])
	b.get(t, list["s.ts"])
	var steer struct {
		TTL    int             `json:"TTL"`
		Reload string          `json:"RELOAD-URI"`
		Clones json.RawMessage `json:"PATHWAY-CLONES"`
	}
	r := b.get(t, top["steer.json"]+"?_HLS_pathway=a&_HLS_throughput=99000000000&_HLS_msn=1")
	if err := json.Unmarshal(r.body, &steer); err != nil || steer.TTL != 300 || steer.Clones != nil {
		t.Errorf("%v: %s", err, r.body)
	}
	if !strings.HasPrefix(asked, "s=1&_HLS_pathway=a&_HLS_throughput=") || strings.Contains(asked, "=99000000000") || strings.Contains(asked, "msn") {
		t.Errorf("the steering server was asked with %q", asked)
	}
	if b.get(t, steer.Reload); asked != "s=2" {
		t.Errorf("then with %q", asked)
	}
	var ads struct {
		Assets []struct {
			URI      string  `json:"URI"`
			Duration float64 `json:"DURATION"`
		} `json:"ASSETS"`
		Other json.RawMessage `json:"X-OTHER"`
	}
	r = b.get(t, list["ads.json"])
	if err := json.Unmarshal(r.body, &ads); err != nil || len(ads.Assets) != 2 || ads.Assets[0].Duration != 15.5 || string(ads.Other) != `{"a":[1]}` {
		t.Fatalf("%v: %s", err, r.body)
	}
	if r := b.get(t, ads.Assets[0].URI); !strings.Contains(string(r.body), "\n/s/") || ads.Assets[1].URI != "data:x" {
		t.Errorf("the asset: %d %s", r.status, r.body)
	}
}
