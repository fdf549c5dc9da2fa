package serve

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"usher/cache/hls"
)

func TestFreshness(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		name   string
		header http.Header
		want   freshness // until without now
		fresh  time.Duration
	}{
		{"max-age and age", http.Header{"Cache-Control": {"public, max-age=60"}, "Age": {"10"}}, freshness{said: true}, 50 * time.Second},
		{"s-maxage is not for a private cache", http.Header{"Cache-Control": {"s-maxage=9, private, max-age=60"}}, freshness{said: true}, time.Minute},
		{"the first of two", http.Header{"Cache-Control": {"max-age=5", "max-age=60"}}, freshness{said: true}, 5 * time.Second},
		{"quoted", http.Header{"Cache-Control": {`Max-Age="7"`}}, freshness{said: true}, 7 * time.Second},
		{"unreadable", http.Header{"Cache-Control": {"max-age=-1"}}, freshness{said: true}, 0},
		{"no-store", http.Header{"Cache-Control": {"max-age=60, no-store"}}, freshness{said: true, noStore: true}, 0},
		{"no-cache", http.Header{"Cache-Control": {"no-cache"}}, freshness{said: true}, 0},
		{"expires by the service's clock", http.Header{"Date": {at(-50 * 365 * 24 * time.Hour)}, "Expires": {at(-50*365*24*time.Hour + time.Hour)}}, freshness{said: true}, time.Hour},
		{"expires without date", http.Header{"Expires": {at(time.Hour)}}, freshness{said: true}, time.Hour},
		{"expires 0", http.Header{"Expires": {"0"}}, freshness{said: true}, 0},
		{"expires in the year 1, behind a cache", http.Header{"Expires": {"Mon, 01 Jan 0001 00:00:00 GMT"}, "Age": {"10"}}, freshness{said: true}, 0},
		{"max-age before expires", http.Header{"Expires": {at(time.Hour)}, "Cache-Control": {"max-age=1"}}, freshness{said: true}, time.Second},
		{"nothing", http.Header{}, freshness{}, 10 * time.Minute},
		{"old", http.Header{"Last-Modified": {at(-10 * time.Hour)}, "Date": {at(0)}}, freshness{}, time.Hour},
		{"very old", http.Header{"Last-Modified": {at(-10000 * time.Hour)}}, freshness{}, 24 * time.Hour},
		{
			"stale",
			http.Header{"Cache-Control": {"max-age=1, stale-while-revalidate=30, stale-if-error=60, must-revalidate"}},
			freshness{said: true, mustRevalidate: true, revalidating: 30 * time.Second},
			time.Second,
		},
		{"personal", http.Header{"Cache-Control": {"max-age=60"}, "Vary": {"Accept-Encoding, Cookie"}}, freshness{said: true}, 0},
		{"by coding", http.Header{"Cache-Control": {"max-age=60"}, "Vary": {"Accept-Encoding"}}, freshness{said: true}, time.Minute},
	} {
		c.want.until = now.Add(c.fresh)
		if got := readFreshness(c.header, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestPlaylistsAreUsedWithinBounds(t *testing.T) {
	now := time.Now()
	base := &url.URL{Scheme: "https", Host: "e.x", Path: "/"}
	parse := func(text string) *hls.Playlist {
		p, err := hls.Parse([]byte("#EXTM3U\n"+text), base, hls.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	live := parse("#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n")
	film := parse("#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n")
	multi := parse("#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n")
	said := func(d time.Duration) freshness { return freshness{said: true, until: now.Add(d)} }
	for _, c := range []struct {
		name string
		p    *hls.Playlist
		f    freshness
		want time.Duration
	}{
		{"live, nothing said", live, freshness{}, 3 * time.Second},
		{"live, a day", live, said(24 * time.Hour), 3 * time.Second},
		{"film, nothing said", film, freshness{}, vodFresh},
		{"film, a year", film, said(365 * 24 * time.Hour), vodFresh},
		{"film, a minute", film, said(time.Minute), time.Minute},
		{"film, no-cache", film, said(0), sameRead},
		{"multivariant, an hour", multi, said(time.Hour), multiFresh},
	} {
		if got := listUntil(c.p, c.f, now).Sub(now); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
