package mpris

import (
	"testing"
	"time"

	"usher/player"

	"github.com/google/go-cmp/cmp"
)

// rig drives a pilot by hand.
type rig struct {
	*testing.T
	p   *pilot
	now time.Time
}

const filmURL = "http://127.0.0.1:8788/a/film.m3u8"

func newRig(t *testing.T, q Quirk) *rig {
	return &rig{t, &pilot{quirk: q, limit: 20 * time.Second}, base()}
}

func (r *rig) pass(d time.Duration) { r.now = r.now.Add(d) }

// acts gives the verbs asked for since the last call, polls left out.
func (r *rig) acts() []string {
	var verbs []string
	for _, a := range r.p.take() {
		if a.verb != doPoll {
			verbs = append(verbs, a.verb.String())
		}
	}
	return verbs
}

func (r *rig) wants(want ...string) {
	r.Helper()
	if diff := cmp.Diff(want, r.acts()); diff != "" {
		r.Errorf("asked for: %s", diff)
	}
}

func (r *rig) phase(want player.Phase, reason player.Reason) {
	r.Helper()
	if s := r.p.status(r.now); s.Phase != want || s.Reason != reason {
		r.Fatalf("phase %v reason %q, want %v %q", s.Phase, s.Reason, want, reason)
	}
}

func playing(url string, pos time.Duration) raw {
	return raw{status: statusPlaying, url: url, track: "/0", length: time.Hour, position: pos, hasPos: true, rate: 1, hasRate: true}
}

func (r *rig) see(w raw) { r.p.observe(w, r.now) }

func (r *rig) do(c player.Command) {
	c.Session = max(c.Session, 1)
	r.p.command(c, r.now)
}

// opened brings the film to playing at 1 s.
func opened(t *testing.T, q Quirk) *rig {
	t.Helper()
	r := newRig(t, q)
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1}})
	r.see(playing(filmURL, 0))
	r.pass(time.Second)
	r.see(playing(filmURL, time.Second))
	r.phase(player.Playing, "")
	r.acts()
	return r
}

func TestOldMetadataIsNotTheNewTitle(t *testing.T) {
	r := newRig(t, Quirk{})
	r.see(playing("http://127.0.0.1:8788/b/old.m3u8", time.Minute))
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1}})
	r.wants("open")
	for range 5 {
		r.pass(time.Second)
		r.see(playing("http://127.0.0.1:8788/b/old.m3u8", time.Minute+r.now.Sub(base())))
		r.phase(player.Opening, "")
	}
	if s := r.p.status(r.now); s.Duration != 0 || s.Position != 0 {
		t.Errorf("the old title's figures %v of %v", s.Position, s.Duration)
	}
}

func TestSameURLIsDroppedFirst(t *testing.T) {
	r := opened(t, Quirk{})
	r.do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1}})
	r.wants("stop")
	r.see(raw{status: statusStopped})
	r.wants("open")
}

func TestOpenTimesOut(t *testing.T) {
	r := newRig(t, Quirk{})
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1}})
	r.see(playing(filmURL, 0))
	r.pass(21 * time.Second)
	r.p.tick(r.now)
	r.phase(player.Failed, player.ReasonOpenTimeout)
	r.wants("open", "stop")
}

func TestPauseKeptByThePlayerIsLifted(t *testing.T) {
	r := newRig(t, Quirk{HoldsPause: true})
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: 0.5}})
	w := playing(filmURL, 0)
	w.status = statusPaused
	r.see(w)
	r.wants("volume", "open", "play")
}

func TestSomeoneElsePauses(t *testing.T) {
	r := opened(t, Quirk{})
	w := playing(filmURL, time.Second)
	w.status = statusPaused
	r.see(w)
	r.phase(player.Paused, "")
	r.wants()
}

func TestSeekFallsBackThenIsIgnored(t *testing.T) {
	r := opened(t, Quirk{})
	r.do(player.Command{Op: player.Seek, Position: time.Minute})
	r.wants("setPosition")
	for range 2 { // the player plays on
		r.pass(seekCheck)
		r.p.tick(r.now)
		r.see(playing(filmURL, r.now.Sub(base())))
	}
	r.wants("seekBy")
	r.p.tick(r.now)
	r.pass(seekCheck)
	r.p.tick(r.now)
	r.see(playing(filmURL, r.now.Sub(base())))
	r.phase(player.Playing, player.ReasonSeekIgnored)
	r.do(player.Command{Op: player.Seek, Position: time.Minute})
	r.see(playing(filmURL, time.Minute))
	r.phase(player.Playing, "")
}

func TestSeekWithoutTrackIsRelative(t *testing.T) {
	r := opened(t, Quirk{})
	w := playing(filmURL, 2*time.Second)
	w.track = ""
	r.see(w)
	r.do(player.Command{Op: player.Seek, Position: time.Minute})
	r.acts()
	r.see(w)
	got := r.p.take()
	if len(got) != 1 || got[0].verb != doSeekBy || got[0].time != 58*time.Second {
		t.Errorf("asked for %+v, want seekBy 58 s", got)
	}
}

func TestSeekStaysInside(t *testing.T) {
	r := opened(t, Quirk{})
	r.do(player.Command{Op: player.Seek, Position: 2 * time.Hour})
	if got := r.p.take()[0].time; got != time.Hour-tail {
		t.Errorf("sought to %v", got)
	}
	r.do(player.Command{Op: player.Seek, Position: -time.Hour})
	if got := r.p.take()[0].time; got != 0 {
		t.Errorf("sought to %v", got)
	}
}

func TestSpuriousSeekedChangesNothing(t *testing.T) {
	r := opened(t, Quirk{})
	before := r.p.model
	r.p.seeked(1400*time.Millisecond, r.now)
	if r.p.model != before {
		t.Error("a Seeked within 500 ms moved the model")
	}
	r.p.seeked(time.Minute, r.now)
	r.pass(250 * time.Millisecond)
	r.see(playing(filmURL, time.Minute+250*time.Millisecond))
	if r.p.model.now(r.now) != time.Minute+250*time.Millisecond {
		t.Error("a real Seeked did not move the model")
	}
}

func TestEndIsToldFromFailure(t *testing.T) {
	tests := []struct {
		name string
		at   time.Duration
		want player.Phase
	}{
		{"at the end", time.Hour - 400*time.Millisecond, player.Ended},
		{"in the middle", time.Minute, player.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := opened(t, Quirk{})
			r.see(playing(filmURL, test.at))
			r.pass(certain)
			r.see(playing(filmURL, test.at+certain))
			r.see(raw{status: statusStopped})
			if got := r.p.status(r.now); got.Phase != test.want || got.Duration != time.Hour {
				t.Errorf("%v of %v, want %v", got.Phase, got.Duration, test.want)
			}
		})
	}
}

func TestStoppedLiesButPlays(t *testing.T) {
	r := newRig(t, Quirk{StoppedLies: true})
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1}})
	for i := range 10 {
		w := playing(filmURL, time.Duration(i)*250*time.Millisecond)
		w.status = statusStopped
		r.see(w)
		r.pass(250 * time.Millisecond)
	}
	r.phase(player.Playing, "")
}

// TestPausesALiar: it says Stopped, which may be a pause, and plays on.
func TestPausesALiar(t *testing.T) {
	r := newRig(t, Quirk{StoppedLies: true})
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1, Paused: true}})
	r.wants("open")
	for i := range 4 {
		w := playing(filmURL, time.Duration(i)*250*time.Millisecond)
		w.status = statusStopped
		r.see(w)
		r.pass(250 * time.Millisecond)
	}
	r.wants("pause")
	w := playing(filmURL, 750*time.Millisecond)
	w.status = statusPaused
	r.see(w)
	r.phase(player.Paused, "")
}

// TestHoldsWhatCannotBeStopped: Clapper answers Stop with UnknownMethod.
func TestHoldsWhatCannotBeStopped(t *testing.T) {
	r := opened(t, Quirk{})
	r.do(player.Command{Op: player.Stop})
	r.wants("stop")
	r.p.refused(action{verb: doStop}, "not implemented", r.now)
	r.wants("pause")
	r.phase(player.Idle, "")
}

func TestStallIsBuffering(t *testing.T) {
	r := opened(t, Quirk{})
	for range 5 {
		r.pass(250 * time.Millisecond)
		r.see(playing(filmURL, time.Second))
	}
	r.phase(player.Buffering, "")
	r.pass(250 * time.Millisecond)
	r.see(playing(filmURL, 1250*time.Millisecond))
	r.phase(player.Playing, "")
	w := playing(filmURL, 1250*time.Millisecond)
	w.rate = 0
	r.see(w)
	r.phase(player.Buffering, "")
}

func TestMPVTellsWhyATitleEnded(t *testing.T) {
	tests := []struct {
		reason string
		phase  player.Phase
		why    player.Reason
	}{
		{"eof", player.Failed, player.ReasonStream}, // far from the end
		{"error", player.Failed, player.ReasonStream},
		{"redirect", player.Failed, player.ReasonStream},
		{"stop", player.Idle, ""},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			r := newRig(t, Quirk{StoppedLies: true})
			r.p.side.on = true
			r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1}})
			r.p.heard(ipcMessage{Event: "end-file", Entry: 6, Reason: "stop"}, r.now) // the title before
			r.p.entered(1, 7)
			for _, e := range []string{"start-file", "file-loaded", "playback-restart"} {
				r.p.heard(ipcMessage{Event: e, Entry: 7}, r.now)
			}
			r.see(playing(filmURL, time.Second))
			r.phase(player.Playing, "")
			r.p.heard(ipcMessage{Event: "end-file", Entry: 7, Reason: test.reason}, r.now)
			r.phase(test.phase, test.why)
		})
	}
}

func TestMPVStallsAreKnown(t *testing.T) {
	r := opened(t, Quirk{})
	r.p.side.on = true
	r.p.heard(ipcMessage{Event: "property-change", Name: "paused-for-cache", Data: []byte("true")}, r.now)
	r.phase(player.Buffering, "")
	r.p.heard(ipcMessage{Event: "property-change", Name: "paused-for-cache", Data: []byte("false")}, r.now)
	r.phase(player.Playing, "")
}

func TestOlderSessionsAreDropped(t *testing.T) {
	r := opened(t, Quirk{})
	r.do(player.Command{Session: 9, Op: player.Open, Media: player.Media{URL: filmURL + "2", Volume: -1}})
	r.acts()
	r.do(player.Command{Session: 8, Op: player.Stop})
	r.wants()
	r.phase(player.Opening, "")
}
