package mpris

import (
	"net/url"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	base, _ := url.Parse("http://127.0.0.1:1/a/index.m3u8")
	for _, tc := range []struct {
		name, list, next string
		is               bool
	}{
		{"CMAF", "#EXTM3U\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:2,\ns.m4s\n", "", true},
		{"TS", "#EXTM3U\n#EXTINF:2,\ns.ts\n", "", false},
		{"multivariant", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/0.m3u8\n", "http://127.0.0.1:1/a/v/0.m3u8", false},
		{"nothing", "", "", false},
	} {
		is, next, err := readLayout(base, strings.NewReader(tc.list))
		if is != tc.is || next != tc.next || err != nil {
			t.Errorf("%s: %v %q %v", tc.name, is, next, err)
		}
	}
	if _, err := fragmented(t.Context(), "http://example.org/index.m3u8"); err == nil {
		t.Error("another machine was asked")
	}
}

// FuzzLayout: whatever a playlist holds, the next one is an absolute address.
func FuzzLayout(f *testing.F) {
	for _, seed := range []string{
		"#EXTM3U\n#EXT-X-MAP:URI=\"i.mp4\"\n", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/0.m3u8\n", "#EXT-X-STREAM-INF:\n%zz\n", "\n\n#",
	} {
		f.Add(seed)
	}
	base, err := url.Parse("http://127.0.0.1:1/a/index.m3u8")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, list string) {
		is, next, err := readLayout(base, strings.NewReader(list))
		if u, bad := url.Parse(next); next != "" && (bad != nil || !u.IsAbs() || is || err != nil) {
			t.Errorf("next %q, fragmented %v, %v", next, is, err)
		}
	})
}
