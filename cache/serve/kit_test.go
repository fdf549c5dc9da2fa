package serve_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// asked lists the files that the service was asked for.
func (b *bench) asked(from int) []string {
	var list []string
	for _, g := range b.up.Got()[from:] {
		list = append(list, g.Path)
	}
	return list
}

func kitOf(b *bench, k serve.Kit) serve.Kit {
	k.URL = b.upURL + "/master.m3u8"
	return k
}

func TestKitOfAPositionHasTheBeginningToo(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	r, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{At: 5 * time.Second, Length: 2 * time.Second, Memory: true}))
	want := []string{"/master.m3u8", "/v/list.m3u8", "/v/seg0.ts", "/v/seg2.ts", "/v/seg3.ts"}
	if got := b.asked(0); err != nil || !slices.Equal(got, want) {
		t.Fatalf("asked for %v, %v", got, err)
	}
	if r.Fetched != r.Bytes || r.Objects != 5 || time.Until(r.Fresh) < 30*time.Second {
		t.Errorf("%+v", r)
	}
	again, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{At: 5 * time.Second, Length: 2 * time.Second, Memory: true}))
	if err != nil || again.Fetched != 0 || again.Bytes != r.Bytes {
		t.Errorf("the same kit again: %+v, %v", again, err)
	}
}

func TestKitKeepsToItsLimit(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	r, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{Length: time.Minute, Limit: 100_000}))
	if !errors.Is(err, serve.ErrKitLimit) || r.Fetched != 100_000 {
		t.Fatalf("fetched %d, %v", r.Fetched, err)
	}
	before := len(b.up.Got())
	b.open(t, serve.Request{})
	if more := b.asked(before); len(more) != 0 {
		t.Errorf("what came before the limit was lost: asked for %v", more)
	}
}

func TestKitHasNoKeysUnlessItMay(t *testing.T) {
	b := newBench(t, cachetest.Stream{Encrypted: true}, serve.Options{})
	_, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{Length: time.Second, NoKeys: true}))
	if n := b.up.Count("/v/k.key") + b.up.Count("/k.key"); err != nil || n != 0 {
		t.Errorf("%d keys, %v: %v", n, err, b.asked(0))
	}
}

// TestKitInTheMakingIsTaken opens a title while its first segment is on its
// way, and ends the kit: the player gets the segment of the one request.
func TestKitInTheMakingIsTaken(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	hold := make(chan struct{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: "/v/seg0", After: 20_000, Until: hold})
	ctx, cancel := context.WithCancel(t.Context())
	made := make(chan error, 1)
	go func() {
		_, err := b.MakeKit(ctx, kitOf(b, serve.Kit{Length: time.Second, Memory: true}))
		made <- err
	}()
	happens(t, func() bool { return b.store.Stats().FillingBytes >= 20_000 })
	links := b.links(t, b.open(t, serve.Request{}).URL)
	got := make(chan reply, 1)
	go func() { got <- b.get(t, links["seg0.ts"]) }()
	happens(t, func() bool { return b.store.Stats().Collapsed > 0 })
	cancel()
	if err := <-made; !errors.Is(err, context.Canceled) {
		t.Errorf("the kit ended with %v", err)
	}
	close(hold)
	if r := <-got; len(r.body) != 65536 || r.err != nil {
		t.Errorf("the player got %d bytes, %v", len(r.body), r.err)
	}
	want := []string{"/master.m3u8", "/v/list.m3u8", "/v/seg0.ts"}
	if all := b.asked(0); !slices.Equal(all, want) {
		t.Errorf("asked for %v", all)
	}
}

func TestKitIsFoundUnderANewSignature(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	k := serve.Kit{Request: serve.Request{URL: b.upURL + "/master.m3u8?Policy=a&Signature=b", Scope: "s"}, Length: time.Second}
	if _, err := b.MakeKit(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	before := len(b.up.Got())
	links := b.links(t, b.open(t, serve.Request{URL: b.upURL + "/master.m3u8?Policy=c&Signature=d", Scope: "s"}).URL)
	if r := b.get(t, links["seg0.ts"]); r.header.Get("X-Usher") != "hit; kept" {
		t.Errorf("seg0: %s", r.header.Get("X-Usher"))
	}
	if more := b.asked(before); len(more) != 0 {
		t.Errorf("asked for %v", more)
	}
	b.open(t, serve.Request{Tag: 2, URL: b.upURL + "/master.m3u8?Policy=c&Signature=d", Scope: "other"})
	if more := b.asked(before); len(more) != 2 {
		t.Errorf("another scope asked for %v", more)
	}
}

func TestOldPlaylistsOfAKitAreOnlyConfirmed(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	tagged := http.Header{"Etag": {`"1"`}}
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, After: 1 << 20, Path: "/master", Header: tagged})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, After: 1 << 20, Path: "/v/list", Header: tagged})
	if _, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{Length: time.Second})); err != nil {
		t.Fatal(err)
	}
	serve.Age(b.Origin, time.Hour)
	before := len(b.up.Got())
	b.open(t, serve.Request{})
	for _, g := range b.up.Got()[before:] {
		if !strings.HasSuffix(g.Path, ".m3u8") || g.IfNoneMatch == "" {
			t.Errorf("asked for %+v", g)
		}
	}
}

func TestPressure(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	if p := b.Pressure(); p.Playing || !p.Missed.IsZero() {
		t.Fatalf("with nothing on: %+v", p)
	}
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.get(t, links["seg0.ts"])
	happens(t, func() bool { return b.Pressure().Served >= 65536 }) // counted when the reader leaves
	p := b.Pressure()
	if !p.Playing || p.Bitrate != 1_000_000 || time.Since(p.Missed) > time.Minute {
		t.Errorf("with a film on: %+v", p)
	}
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 429, Path: "/v/seg1"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := b.MakeKit(ctx, kitOf(b, serve.Kit{Length: 3 * time.Second})); err == nil {
		t.Error("a kit was made of a service that said 429")
	}
	if p := b.Pressure(); !p.Strain.After(time.Now()) {
		t.Errorf("after 429: %+v", p)
	}
}

func happens(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen within a minute")
		}
	}
}

// TestKitHasTheSubtitles that were asked for, and no others: the player gets
// them without the service. A kit without seconds has their playlist only.
func TestKitHasTheSubtitles(t *testing.T) {
	b := newBench(t, cachetest.Stream{Subtitles: []string{"en", "de"}}, serve.Options{})
	request := serve.Request{Subtitle: []string{"de"}}
	if _, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{Request: request, Memory: true})); err != nil {
		t.Fatal(err)
	}
	of := func(lang string) (n int) {
		for _, p := range b.asked(0) {
			if strings.Contains(p, "-"+lang+"/") {
				n++
			}
		}
		return n
	}
	if n := of("de"); n != 1 {
		t.Fatalf("a kit of playlists asked for %v", b.asked(0))
	}
	if _, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{Request: request, Length: time.Second, Memory: true})); err != nil {
		t.Fatal(err)
	}
	before := of("de")
	out := b.open(t, request)
	if len(out.Captions) == 0 || out.SubtitleLang != "de" {
		t.Fatalf("%+v", out)
	}
	if r := b.get(t, out.Captions[0].URL); r.status != http.StatusOK || !strings.Contains(string(r.body), "WEBVTT") {
		t.Fatalf("%d, %q", r.status, r.body)
	}
	if before < 3 || of("de") != before || of("en") != 0 {
		t.Errorf("asked for %d of the subtitles before and %d after the start, and %d of others: %v", before, of("de"), of("en"), b.asked(0))
	}
}

// TestKitWithoutItsSubtitles is a kit all the same.
func TestKitWithoutItsSubtitles(t *testing.T) {
	b := newBench(t, cachetest.Stream{Subtitles: []string{"en"}}, serve.Options{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: "/sub-en/list.m3u8", Status: http.StatusNotFound})
	r, err := b.MakeKit(t.Context(), kitOf(b, serve.Kit{Request: serve.Request{Subtitle: []string{"en"}}, Length: time.Second, Memory: true}))
	if err != nil || b.up.Count("/v/seg0.ts") != 1 || b.up.Count("/sub-en/list.m3u8") == 0 {
		t.Errorf("%+v, %v: %v", r, err, b.asked(0))
	}
}
