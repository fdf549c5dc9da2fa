package serve_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// TestLiveSaysWhatIsHeld: up to the end of what the player took, in the
// channel's own time; with separate sound as far as both go.
func TestLiveSaysWhatIsHeld(t *testing.T) {
	for name, c := range map[string]*channel{
		"dates":           {dates: true, first: 100, last: 120},
		"no dates":        {first: 100, last: 120},
		"sound":           {dates: true, sound: true, first: 100, last: 120},
		"sound, no dates": {sound: true, first: 100, last: 120},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(c)
			t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
			held := make(chan time.Duration, 16)
			b := newBench(t, cachetest.Stream{}, serve.Options{
				Live: func(uint64, serve.Window) {},
				Held: func(tag uint64, until time.Duration) {
					if tag == 1 {
						held <- until
					}
				},
			})
			u := srv.URL + "/index.m3u8"
			if c.sound {
				u = srv.URL + "/master.m3u8"
			}
			o := b.open(t, serve.Request{Tag: 1, URL: u})
			b.takesNewest(t, o.URL, c.sound)
			select {
			case got := <-held:
				if got != o.Window.End {
					t.Fatalf("held to %v off the end", got-o.Window.End)
				}
			case <-time.After(time.Minute):
				t.Fatal("nobody says what is held")
			}
			if len(held) != 0 {
				t.Fatalf("told again: %v", <-held-o.Window.End)
			}
		})
	}
}

// takesNewest reads the newest segment of the channel as a player would, with
// its sound when that is apart.
func (b *bench) takesNewest(t *testing.T, u string, apart bool) {
	t.Helper()
	lists := []string{u}
	if apart {
		lists = nil
		for _, path := range regexp.MustCompile(`/s/\w+/index\.m3u8`).FindAllString(string(b.get(t, u).body), -1) {
			lists = append(lists, b.URL+path)
		}
	}
	for _, l := range lists {
		all := segmentName.FindAllString(string(b.get(t, l).body), -1)
		if len(all) == 0 {
			t.Fatalf("%s lists nothing", l)
		}
		b.get(t, b.URL+all[len(all)-1])
	}
}

// TestChannelWhoseServiceIsMuteIsInTrouble: the link is not refused, but no
// playlist comes, and nothing else is asked for.
func TestChannelWhoseServiceIsMuteIsInTrouble(t *testing.T) {
	t.Parallel()
	c := &channel{dates: true, first: 100, last: 120}
	var mute atomic.Bool
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mute.Load() {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		c.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	b := newBench(t, cachetest.Stream{}, serve.Options{Live: func(uint64, serve.Window) {}})
	o := b.open(t, serve.Request{Tag: 1, URL: srv.URL + "/index.m3u8"})
	mute.Store(true)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for range 100 { // the copy that is fresh for two seconds ends
			b.get(t, o.URL)
			select {
			case <-release:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	eventually(t, "trouble is told", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.told) > 0 && b.told[0] != nil && b.told[0].Code == serve.Unreachable
	})
	close(release)
	<-read
	mute.Store(false)
	b.get(t, o.URL)
	eventually(t, "its end is told", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.told[len(b.told)-1] == nil
	})
}
