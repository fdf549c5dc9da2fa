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

// count is how many heartbeats and ends there were.
func (r *rightsLog) count() (beats int, ended []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.beats), slices.Clone(r.ended)
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
		if n, _ := log.count(); d.View().Playback.Phase != "playing" || n != 2 {
			t.Fatalf("after two heartbeats: %s, %d", d.View().Playback.Phase, n)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		v := d.View().Playback
		if _, ended := log.count(); v.Phase != "failed" || v.Problem.Code != "lease_revoked" || !slices.Equal(ended, []string{"demo:p1"}) {
			t.Errorf("after the third: %s %+v, ended %q", v.Phase, v.Problem, ended)
		}
		time.Sleep(5 * time.Minute)
		if n, _ := log.count(); n != 3 {
			t.Errorf("%d heartbeats of a film that ended", n)
		}
	})
}
