package office

import (
	"compress/gzip"
	"io"
	"net/http"
	"testing"
)

// TestCatalogueIsCompressed for who can take it, to the same bytes, and a
// tag of the one is none of the other.
func TestCatalogueIsCompressed(t *testing.T) {
	house := newOffice(t, Options{})
	plain := ask(house, "GET", "/v1/catalogue", "")
	zip := ask(house, "GET", "/v1/catalogue", "", "Accept-Encoding", "br, gzip;q=0.8")
	z, err := gzip.NewReader(zip.Body)
	if err != nil || zip.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v, %v", zip.Header(), err)
	}
	small := zip.Body.Len()
	got, err := io.ReadAll(z)
	if err != nil || string(got) != plain.Body.String() || 3*small > len(got) {
		t.Errorf("%d bytes of %d, %v", small, len(got), err)
	}
	tag := zip.Header().Get("ETag")
	if tag == plain.Header().Get("ETag") || zip.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("ETag %s of both, Vary %q", tag, zip.Header().Get("Vary"))
	}
	if code := ask(house, "GET", "/v1/catalogue", "", "Accept-Encoding", "gzip", "If-None-Match", tag).Code; code != http.StatusNotModified {
		t.Errorf("with its own tag: %d", code)
	}
	for accept, want := range map[string]bool{
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=1": true, "GZIP": true, "identity, x-gzip": true, "gzip; q=0.5": true,
	} {
		if got := takesGzip(http.Header{"Accept-Encoding": {accept}}); got != want {
			t.Errorf("Accept-Encoding %q: %v", accept, got)
		}
	}
}
