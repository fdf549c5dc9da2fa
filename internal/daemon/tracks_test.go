package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
	"usher/player"
)

// deck is a player.Tracks that takes its time.
type deck struct {
	asked  []string
	refuse error
}

func (d *deck) do(ctx context.Context, what string) error {
	select {
	case <-time.After(300 * time.Millisecond):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	d.asked = append(d.asked, what)
	return d.refuse
}

func (d *deck) Tracks(context.Context) (player.TrackList, error) {
	return player.TrackList{
		Can:       player.TracksCan{Audio: true, Subtitle: true, Delay: true, Geometry: true},
		Audio:     []player.Track{{ID: 1, Language: "en"}, {ID: 2, Language: "de"}},
		Subtitles: []player.Track{{ID: 1, Language: "en"}},
	}, nil
}

func (d *deck) Choose(ctx context.Context, kind player.TrackKind, id int) error {
	return d.do(ctx, fmt.Sprint("choose ", kind, id))
}

func (d *deck) Delay(ctx context.Context, kind player.TrackKind, by time.Duration) error {
	return d.do(ctx, fmt.Sprint("delay ", kind, by))
}

func (d *deck) Shape(ctx context.Context, g player.Geometry) error {
	return d.do(ctx, fmt.Sprint("shape ", g.Fill))
}

func watchingTracks(t *testing.T, tracks *deck) (*edges, *Daemon, func()) {
	t.Helper()
	e := newEdges()
	d, stop := running(t, e, func(o *Options) { o.Tracks = tracks })
	e.events <- player.Ready{}
	submit(t, d, box.PlayRequested{TitleID: "demo:a"})
	report(d, e, player.Playing, 5*time.Second)
	return e, d, stop
}

func TestTracksAreAskedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracks := &deck{}
		e, d, stop := watchingTracks(t, tracks)
		defer stop()
		if v := d.View().Tracks; len(v.Audio) != 2 || !v.Can.Delay {
			t.Fatalf("tracks %+v", v)
		}
		submit(t, d, box.DelayRequested{Kind: player.AudioTrack, By: time.Second})
		submit(t, d, box.ChooseRequested{Kind: player.AudioTrack, ID: 2})
		submit(t, d, box.ShapeRequested{Geometry: player.Geometry{Fill: 1}})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if want := []string{"delay 1 1s", "choose 1 2", "shape 1"}; !slices.Equal(tracks.asked, want) {
			t.Errorf("asked %q, want %q", tracks.asked, want)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.choices["demo:a"].Audio != "de" {
			t.Errorf("choices %+v", e.choices)
		}
	})
}

func TestTracksOfATitleThatIsGoneAreNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracks := &deck{}
		_, d, stop := watchingTracks(t, tracks)
		defer stop()
		submit(t, d, box.ChooseRequested{Kind: player.AudioTrack, ID: 2})
		submit(t, d, box.ShapeRequested{})
		submit(t, d, box.StopRequested{})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(tracks.asked) != 0 || len(d.View().Tracks.Audio) != 0 {
			t.Errorf("asked %q, shows %+v", tracks.asked, d.View().Tracks)
		}
	})
}

func TestRefusalOfThePlayerIsShown(t *testing.T) {
	for code, err := range map[string]error{
		"tracks_failed": errors.New("the connection ended"), "tracks_absent": fmt.Errorf("choose: %w", player.ErrAbsent),
	} {
		synctest.Test(t, func(t *testing.T) {
			_, d, stop := watchingTracks(t, &deck{refuse: err})
			defer stop()
			submit(t, d, box.ChooseRequested{Kind: player.SubtitleTrack, ID: 1})
			time.Sleep(time.Second)
			synctest.Wait()
			if p := d.View().Tracks.Problem; p == nil || p.Code != code {
				t.Errorf("problem %v, want %s", p, code)
			}
		})
	}
}

func TestPlayerWithoutTracksSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e)
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		report(d, e, player.Playing, 0)
		if v := d.View().Tracks; v.Can.Why == "" || v.Can.Subtitles {
			t.Errorf("tracks %+v", v)
		}
		if p := d.Submit(box.DelayRequested{Kind: player.AudioTrack}); p == nil || p.Code != "tracks_absent" {
			t.Errorf("delay: %v", p)
		}
	})
}
