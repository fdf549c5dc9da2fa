package daemon

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
	"usher/player"
)

// rightsLog answers heartbeats with one error after the other.
type rightsLog struct {
	mu      sync.Mutex
	answers []error
	beats   []box.Beat
	ended   []string
}

func (r *rightsLog) Beat(_ context.Context, b box.Beat) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beats = append(r.beats, b)
	if len(r.answers) == 0 {
		return nil
	}
	err := r.answers[0]
	r.answers = r.answers[1:]
	return err
}

func (r *rightsLog) End(_ context.Context, playback string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(r.ended, playback)
}

// granting is a catalogue whose service wants to hear of playbacks.
type granting struct{ *edges }

func (g granting) Resolve(ctx context.Context, id string, p map[string]box.Progress) (box.Resolved, error) {
	r, err := g.edges.Resolve(ctx, id, p)
	r.Playback.ID, r.Playback.HeartbeatMS = "demo:p1", 30_000
	return r, err
}

// TestARightThatEndsEndsTheFilm: a network that is away does not.
func TestARightThatEndsEndsTheFilm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		log := &rightsLog{answers: []error{nil, errors.New("the network is away"), &box.Problem{Code: "lease_revoked", Text: "Gone.", Hint: "Ask."}}}
		d, stop := running(t, e, func(o *Options) { o.Rights, o.Catalogue = log, granting{e} })
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a", By: box.ByPage})
		report(d, e, player.Playing, 5*time.Second)
		time.Sleep(70 * time.Second)
		synctest.Wait()
		if v := d.View().Playback; v.Phase != "playing" || len(log.beats) != 2 {
			t.Fatalf("after two heartbeats: %s, %v", v.Phase, log.beats)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		v := d.View().Playback
		if v.Phase != "failed" || v.Problem.Code != "lease_revoked" || !slices.Equal(log.ended, []string{"demo:p1"}) {
			t.Errorf("after the third: %s %+v, ended %q", v.Phase, v.Problem, log.ended)
		}
		time.Sleep(5 * time.Minute)
		if len(log.beats) != 3 {
			t.Errorf("%d heartbeats of a film that ended", len(log.beats))
		}
	})
}
