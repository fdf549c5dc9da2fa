package mpris_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/player/mpris"
	"usher/player/playertest"
	"usher/player/playertest/conntest"
)

func TestMain(m *testing.M) {
	// The tests mostly wait for players, so more of them fit than processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if !filmMade.Load() {
			os.Exit(code)
		}
		if dir, err := film(); err == nil {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

// stream serves an HLS title of 12 s whose segments are a few bytes.
func stream(t *testing.T) string {
	t.Helper()
	var list strings.Builder
	list.WriteString("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n")
	for i := range 6 {
		fmt.Fprintf(&list, "#EXTINF:2.0,\nsegment%d.ts\n", i)
	}
	list.WriteString("#EXT-X-ENDLIST\n")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/segment"), r.URL.Path == "/index.m3u8":
			_, _ = fmt.Fprint(w, list.String())
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// fake is a driver and a simulated player on a bus in this process.
func fake(t *testing.T, q playertest.Quirks) (*mpris.Driver, *playertest.Player, conntest.Setup) {
	bus := playertest.NewBus()
	t.Cleanup(bus.Close)
	p := playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Quirks: q, Logger: logger(t)})
	d := mpris.New(mpris.Options{Dial: bus.Dial, Match: mpris.Match{Name: playertest.SimulatedName}, Logger: logger(t)})
	killed := make(chan struct{}, 1)
	running(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			life, end := context.WithCancel(ctx)
			go func() {
				select {
				case <-killed:
				case <-life.Done():
				}
				end()
			}()
			_ = p.Run(life)
			end()
		}
		return nil
	})
	running(t, d.Run)
	url := stream(t)
	return d, p, conntest.Setup{
		Conn: d, Film: url + "/index.m3u8", Other: url + "/index.m3u8?again", Missing: url + "/none.m3u8",
		Length: 12 * time.Second, Kill: func() { killed <- struct{}{} },
	}
}

func TestFakeConforms(t *testing.T) {
	t.Parallel()
	conntest.TestConn(t, func(t *testing.T) conntest.Setup {
		_, _, s := fake(t, playertest.Quirks{})
		return s
	})
}
