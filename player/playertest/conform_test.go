package playertest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher/player/mpris"
	"usher/player/playertest"
	"usher/player/playertest/conntest"
)

// quirky are players that break the specification, each in its own way.
func quirky() map[string]playertest.Quirks {
	return map[string]playertest.Quirks{
		"stale track honoured": {StaleTrack: playertest.StaleHonoured},
		"stale track error":    {StaleTrack: playertest.StaleError},
		"no Seeked":            {NoSeeked: true},
		"Seeked storm":         {SeekedStorm: true},
		"deaf SetPosition":     {DeafSetPos: true},
		"deaf Seek":            {DeafSeek: true},
		"holds pause":          {HoldsPause: true},
		"narrow types":         {Narrow: true},
		"no track id":          {NoTrack: true},
		"text track id":        {TextTrack: true},
		"no GetAll":            {NoGetAll: true},
		"no signals":           {Mute: true, NoSeeked: true},
		"late title":           {LateTitle: true},
		"same track id":        {SameTrack: true},
		"every signal twice":   {Echo: true},
		"signals by the hour":  {Storm: true},
		"position jumps back":  {JumpsBack: true},
		"length 0":             {NoLength: true},
		"absurd length":        {MadLength: true},
		"rate 0 while loading": {RateZero: true},
		"slow":                 {Slow: true},
		"many at once":         {NoTrack: true, NoGetAll: true, Mute: true, Narrow: true, HoldsPause: true},
	}
}

// TestQuirkyPlayersConform runs the suite that real players pass.
func TestQuirkyPlayersConform(t *testing.T) {
	for name, q := range quirky() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conntest.TestConn(t, func(t *testing.T) conntest.Setup { return simulated(t, q) })
		})
	}
}

// simulated is a driver and a simulated player on a bus in this process. The
// player is brought back whenever it is killed.
func simulated(t *testing.T, q playertest.Quirks) conntest.Setup {
	bus := playertest.NewBus()
	t.Cleanup(bus.Close)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Quirks: q, Logger: log})
	d := mpris.New(mpris.Options{Dial: bus.Dial, Match: mpris.Match{Name: playertest.SimulatedName}, Logger: log})
	killed := make(chan struct{}, 1)
	running(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			life, end := context.WithCancel(ctx)
			go func() {
				defer end()
				select {
				case <-killed:
				case <-life.Done():
				}
			}()
			_ = p.Run(life) // it ends when it is killed
			end()
		}
		return nil
	})
	running(t, d.Run)
	url := stream(t)
	return conntest.Setup{
		Conn: d, Film: url + "/index.m3u8", Other: url + "/index.m3u8?again", Missing: url + "/none.m3u8",
		Length: 12 * time.Second, Endless: q.NoLength || q.MadLength, Kill: func() { killed <- struct{}{} },
	}
}

// running starts f and waits for it when the test ends.
func running(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = f(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// stream serves an HLS title of 12 s whose segments are a few bytes.
func stream(t *testing.T) string {
	t.Helper()
	list := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	for i := range 6 {
		list += fmt.Sprintf("#EXTINF:2.0,\nsegment%d.ts\n", i)
	}
	list += "#EXT-X-ENDLIST\n"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/segment") && r.URL.Path != "/index.m3u8" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, list)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
