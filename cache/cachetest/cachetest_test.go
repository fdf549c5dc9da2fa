package cachetest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"usher/cache/cachetest"
)

func get(t *testing.T, url string) (int, []byte, error) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, b, err
}

func TestOriginServesWhatBodySays(t *testing.T) {
	o := cachetest.NewOrigin(cachetest.Stream{FMP4: true, Encrypted: true, Subtitles: []string{"en"}, Audio: []string{"de"}})
	srv := httptest.NewServer(o)
	defer srv.Close()
	for _, p := range []string{"/master.m3u8", "/v/list.m3u8", "/v/seg0.ts", "/v/init.mp4", "/k.key", "/sub-en/0.vtt", "/audio-de/list.m3u8"} {
		code, b, err := get(t, srv.URL+p)
		if err != nil || code != 200 || len(b) == 0 || !bytes.Equal(b, o.Body(p)) {
			t.Errorf("%s: %d, %d bytes, %v", p, code, len(b), err)
		}
	}
	if n := o.Count("/v/seg0.ts"); n != 1 {
		t.Errorf("counted %d requests, want 1", n)
	}
}

func TestFaultsAreUsedUp(t *testing.T) {
	o := cachetest.NewOrigin(cachetest.Stream{})
	srv := httptest.NewServer(o)
	defer srv.Close()
	o.Misbehave(cachetest.Fault{Kind: cachetest.Cut, Path: "/v/seg0", Times: 1, After: 1000})
	o.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: "/v/seg0", Times: 1, Status: 503})
	if _, b, err := get(t, srv.URL+"/v/seg0.ts"); err == nil || len(b) != 1000 {
		t.Errorf("cut: %d bytes, %v", len(b), err)
	}
	if code, _, err := get(t, srv.URL+"/v/seg0.ts"); err != nil || code != 503 {
		t.Errorf("status: %d, %v", code, err)
	}
	if code, b, err := get(t, srv.URL+"/v/seg0.ts"); err != nil || code != 200 || !bytes.Equal(b, o.Body("/v/seg0.ts")) {
		t.Errorf("healed: %d, %v", code, err)
	}
}
