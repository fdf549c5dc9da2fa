package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"usher/internal/box"
)

// fakeCache notes what it is asked and answers with err.
type fakeCache struct {
	asked []string
	err   error
}

func (c *fakeCache) note(format string, args ...any) error {
	c.asked = append(c.asked, fmt.Sprintf(format, args...))
	return c.err
}

func (c *fakeCache) Status() CacheStatus {
	return CacheStatus{Hits: 3, FlashBytes: 1 << 40, Classes: []CacheClass{{Class: "media", Hits: 2, DiskBytes: 9}}}
}

func (c *fakeCache) URL(_ context.Context, raw string) (string, error) {
	return "http://127.0.0.1:8788/s/a/film.m3u8", c.note("url %s", raw)
}

func (c *fakeCache) Prefetch(ctx context.Context, raw string, d time.Duration) (CacheAmount, error) {
	end, _ := ctx.Deadline()
	return CacheAmount{2, 10}, c.note("prefetch %s %v within %v", raw, d, time.Until(end).Round(time.Minute))
}

func (c *fakeCache) Pin(_ context.Context, raw string, on bool) (int, error) {
	return 4, c.note("pin %s %v", raw, on)
}

func (c *fakeCache) Clear(classes []string, pinned bool) (CacheAmount, error) {
	return CacheAmount{1, 5}, c.note("clear %q %v", classes, pinned)
}

func (c *fakeCache) Verify(context.Context) (CacheVerified, error) {
	return CacheVerified{Objects: 7, Bad: 1, Bytes: 70}, c.note("verify")
}

// askCache makes one call as the role local.
func askCache(t *testing.T, b *Bridge, method, params string) (json.RawMessage, *fault) {
	t.Helper()
	c := loose(b, b.calls)
	c.role = role{name: "local", scopes: b.doc.Roles["local"]}
	return b.calls.call(t.Context(), c, request{method: method, params: json.RawMessage(params)})
}

func TestCacheMethods(t *testing.T) {
	b, fake := fuzzBridge(t), &fakeCache{}
	b.cache = fake
	for _, e := range []struct{ method, params, asked, result string }{
		{"cache.url", `{"url":"https://a.example/x.m3u8"}`, "url https://a.example/x.m3u8", `{"url":"http://127.0.0.1:8788/s/a/film.m3u8"}`},
		{"cache.prefetch", `{"url":"https://a.example/x"}`, "prefetch https://a.example/x 10s within 2m0s", `{"objects":2,"bytes":10}`},
		{"cache.prefetch", `["https://a.example/x",30]`, "prefetch https://a.example/x 30s within 2m0s", `{"objects":2,"bytes":10}`},
		{"cache.pin", `{"url":"https://a.example/x","on":false}`, "pin https://a.example/x false", `{"objects":4}`},
		{"cache.clear", `{}`, `clear [] false`, `{"objects":1,"bytes":5}`},
		{"cache.clear", `{"classes":["media"],"pinned":true}`, `clear ["media"] true`, `{"objects":1,"bytes":5}`},
		{"cache.verify", `{}`, "verify", `{"objects":7,"bad":1,"bytes":70}`},
	} {
		result, bad := askCache(t, b, e.method, e.params)
		if bad != nil || string(result) != e.result {
			t.Errorf("%s %s: %s %v, want %s", e.method, e.params, result, bad, e.result)
			continue
		}
		if got := fake.asked[len(fake.asked)-1]; got != e.asked {
			t.Errorf("%s %s: asked %s, want %s", e.method, e.params, got, e.asked)
		}
	}
	for _, e := range []struct{ method, params string }{
		{"cache.url", `{}`},
		{"cache.url", `{"url":""}`},
		{"cache.url", `{"url":"https://` + strings.Repeat("x", 8192) + `"}`},
		{"cache.prefetch", `{"url":"https://a.example/x","seconds":0}`},
		{"cache.prefetch", `{"url":"https://a.example/x","seconds":601}`},
		{"cache.pin", `{"url":"https://a.example/x"}`},
		{"cache.clear", `{"classes":["films"]}`},
		{"cache.verify", `{"all":true}`},
	} {
		if result, bad := askCache(t, b, e.method, e.params); bad == nil || bad.Code != codeParams {
			t.Errorf("%s %.40s: %s %v, want wrong params", e.method, e.params, result, bad)
		}
	}
}

// TestCacheErrors: what the box will never do is a refusal, the rest may be
// tried again, and a cause not written for people stays inside.
func TestCacheErrors(t *testing.T) {
	b := fuzzBridge(t)
	if _, bad := askCache(t, b, "cache.status", `{}`); bad == nil || bad.Data.Key != "cache_off" || bad.Data.Hint == "" {
		t.Errorf("without a cache: %+v", bad)
	}
	for _, e := range []struct {
		err  error
		code int
	}{
		{&box.Problem{Code: "forbidden_address", Text: "No.", Hint: "Another."}, codeRefused},
		{&box.Problem{Code: "not_http", Text: "No.", Hint: "Another."}, codeRefused},
		{&box.Problem{Code: "service_unreachable", Text: "Away.", Hint: "Wait."}, codeUnavailable},
		{context.DeadlineExceeded, codeTimeout},
		{errors.New("dial 10.0.0.1?token=s3cret"), codeUnavailable},
	} {
		b.cache = &fakeCache{err: e.err}
		for method, params := range examples() {
			if !strings.HasPrefix(method, "cache.") || method == "cache.status" {
				continue
			}
			_, bad := askCache(t, b, method, params)
			if bad == nil || bad.Code != e.code {
				t.Fatalf("%s after %v: %+v, want code %d", method, e.err, bad, e.code)
			}
			if strings.Contains(bad.Message+bad.Data.Text, "s3cret") {
				t.Errorf("%s: the cause came out: %+v", method, bad)
			}
		}
	}
}

// TestScreenHasNoCacheControl: a page sees how the cache stands; commands that
// make the box fetch or forget are for the box's own socket.
func TestScreenHasNoCacheControl(t *testing.T) {
	fake := &fakeCache{}
	b := newBench(t, func(o *Options, _ *limits) { o.Cache = fake })
	p := b.join(t)
	var status CacheStatus
	p.call("cache.status", `{}`, &status)
	if status.Hits != 3 || len(status.Classes) != 1 {
		t.Errorf("status %+v", status)
	}
	for method, params := range examples() {
		if m, _ := b.doc.Method(method); m.Scope != "cache.control" {
			continue
		}
		if a := p.ask(method, params); a.Error == nil || a.Error.Code != codeForbidden {
			t.Errorf("%s on the page's connection: %+v", method, a)
		}
	}
	if len(fake.asked) > 0 {
		t.Errorf("the cache was asked %v", fake.asked)
	}
}
