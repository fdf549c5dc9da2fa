package mpris

import (
	"testing"
	"time"

	"usher/player"
)

// screened is a film in mpv with a screen and sound.
func screened(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, Quirk{StoppedLies: true})
	r.p.side.on, r.p.screened = true, true
	r.do(player.Command{Op: player.Open, Media: player.Media{URL: filmURL, Volume: -1, Start: time.Minute}})
	r.p.entered(1, 7)
	r.hear("start-file", "file-loaded")
	return r
}

func (r *rig) hear(events ...string) {
	for _, e := range events {
		r.p.heard(ipcMessage{Event: e, Entry: 7}, r.now)
	}
}

func (r *rig) property(name, json string) {
	r.p.heard(ipcMessage{Event: "property-change", Name: name, Data: []byte(json)}, r.now)
}

// shown is screened with a picture and a sound.
func shown(t *testing.T) *rig {
	t.Helper()
	r := screened(t)
	r.property("track-list", `[{"type":"video","id":1,"selected":true},{"type":"audio","id":2,"selected":true},{"type":"sub","id":1}]`)
	r.property("current-vo", `"gpu"`)
	r.property("current-ao", `"alsa"`)
	r.hear("playback-restart")
	r.see(playing(filmURL, time.Minute))
	r.phase(player.Playing, "")
	r.acts()
	return r
}

func (r *rig) tick(after time.Duration) {
	r.pass(after)
	r.p.tick(r.now)
}

func TestFilmIsHeldWhileTheScreenIsGone(t *testing.T) {
	r := shown(t)
	r.property("current-vo", "null")
	r.tick(0)
	r.phase(player.Playing, "") // another may be opened at once
	r.tick(outputGrace)
	r.wants("pause", "screen")
	r.phase(player.Buffering, player.ReasonNoDisplay)
	r.property("pause", "true")
	r.tick(reviveFirst)
	r.wants("pause", "screen")
	r.tick(reviveFirst) // waits longer each time
	r.wants()
	r.property("current-vo", `"gpu"`)
	r.tick(0)
	r.wants("refresh", "play")
	r.property("pause", "false")
	r.phase(player.Playing, "")
}

func TestHeldFilmStaysHeldWhenTheScreenIsBack(t *testing.T) {
	r := shown(t)
	r.property("current-vo", "null")
	r.tick(0)
	r.tick(outputGrace)
	r.property("pause", "true")
	r.do(player.Command{Op: player.Pause})
	r.phase(player.Paused, player.ReasonNoDisplay)
	r.acts()
	r.property("current-vo", `"gpu"`)
	r.tick(0)
	r.wants("refresh", "pause")
	r.phase(player.Paused, "")
}

func TestFilmGoesOnWithoutSound(t *testing.T) {
	r := shown(t)
	r.property("current-ao", "null")
	r.tick(0)
	r.tick(outputGrace)
	r.wants("sound")
	r.see(playing(filmURL, time.Minute+outputGrace))
	r.phase(player.Playing, player.ReasonNoSound)
	r.property("current-ao", `"alsa"`)
	r.tick(0)
	r.wants("refresh")
	r.phase(player.Playing, "")
}

func TestTitleThatHasNoScreenToBeginOnWaits(t *testing.T) {
	r := screened(t)
	r.acts()
	r.p.heard(ipcMessage{Event: "end-file", Entry: 7, Reason: "error", FileError: "something happened"}, r.now)
	r.phase(player.Buffering, player.ReasonNoDisplay)
	if s := r.p.status(r.now); s.Position != time.Minute {
		t.Errorf("waits at %v", s.Position)
	}
	for range 30 { // longer than a title may take to open
		r.tick(reviveFirst)
		r.wants("open")
	}
	r.p.entered(1, 8)
	for _, e := range []string{"start-file", "file-loaded", "playback-restart"} {
		r.p.heard(ipcMessage{Event: e, Entry: 8}, r.now)
	}
	r.see(playing(filmURL, time.Minute))
	r.phase(player.Playing, "")
}

func TestErrorsThatAreNotTheScreens(t *testing.T) {
	end := ipcMessage{Event: "end-file", Entry: 7, Reason: "error", FileError: "loading failed"}
	for name, spoil := range map[string]func(*rig){
		"no screen expected": func(r *rig) { r.p.screened = false },
		"a screen is there":  func(r *rig) { r.property("current-vo", `"gpu"`) },
		"not loaded":         func(r *rig) { r.p.side.loaded = false },
	} {
		r := screened(t)
		spoil(r)
		r.p.heard(end, r.now)
		if s := r.p.status(r.now); s.Phase != player.Failed || s.Reason != player.ReasonStream {
			t.Errorf("%s: %v %q", name, s.Phase, s.Reason)
		}
	}
}

func TestSongWithACoverNeedsNoScreen(t *testing.T) {
	r := screened(t)
	r.property("track-list", `[{"type":"video","id":1,"image":true},{"type":"audio","id":1,"selected":true}]`)
	r.property("current-ao", `"alsa"`)
	r.hear("playback-restart")
	r.see(playing(filmURL, time.Minute))
	r.acts()
	r.tick(time.Minute)
	r.wants()
	r.see(playing(filmURL, 2*time.Minute))
	r.phase(player.Playing, "")
}

func TestCheckReadsThePlayerAtOnce(t *testing.T) {
	r := opened(t, Quirk{})
	r.p.take()
	r.do(player.Command{Op: player.Check})
	r.p.tick(r.now)
	if acts := r.p.take(); len(acts) != 1 || acts[0].verb != doPoll {
		t.Errorf("asked for %v", acts)
	}
}

func TestTitleOpensAtItsRate(t *testing.T) {
	r := opened(t, Quirk{})
	w := playing(filmURL, time.Second)
	w.rate = 1.5
	r.see(w)
	r.acts()
	r.do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: filmURL + "2", Volume: -1}})
	var rates []float64
	for _, a := range r.p.take() {
		if a.verb == doRate {
			rates = append(rates, a.value)
		}
	}
	if len(rates) != 1 || rates[0] != 1 {
		t.Errorf("rates %v, want 1 before the next title", rates)
	}
}

func TestLastPictureThatStaysIsAnEnd(t *testing.T) {
	r := shown(t)
	r.property("eof-reached", "true")
	r.phase(player.Failed, player.ReasonStream) // far from the end
	r = shown(t)
	r.see(playing(filmURL, time.Hour-time.Second))
	r.pass(certain + time.Second)
	r.see(playing(filmURL, time.Hour))
	r.property("eof-reached", "true")
	r.phase(player.Ended, "")
	r.property("eof-reached", "false")
	r.phase(player.Ended, "")
}

// TestPauseAtTheEndIsTheEnd: VLC keeps its last picture, and says so with a
// signal that has no position.
func TestPauseAtTheEndIsTheEnd(t *testing.T) {
	r := opened(t, Quirk{Step: time.Second})
	r.see(playing(filmURL, time.Hour-1200*time.Millisecond))
	r.pass(certain + time.Second)
	r.see(playing(filmURL, time.Hour-200*time.Millisecond))
	r.pass(200 * time.Millisecond)
	w := playing(filmURL, time.Hour-1200*time.Millisecond)
	w.status, w.hasPos = statusPaused, false
	r.see(w)
	r.phase(player.Ended, "")
}

func TestTracksAreCountedWhenTheyChange(t *testing.T) {
	r := shown(t)
	before := r.p.status(r.now).Tracks
	if before == 0 {
		t.Fatal("the tracks of the title were not counted")
	}
	r.property("track-list", `[{"type":"video","id":1,"selected":true,"demux-bitrate":77},{"type":"audio","id":2,"selected":true},{"type":"sub","id":1}]`)
	if now := r.p.status(r.now).Tracks; now != before {
		t.Fatalf("a bit rate alone counts: %d, then %d", before, now)
	}
	r.property("track-list", `[{"type":"video","id":1,"selected":true},{"type":"audio","id":2,"selected":true},{"type":"sub","id":1},{"type":"sub","id":2}]`)
	if now := r.p.status(r.now).Tracks; now == before {
		t.Fatal("subtitles came, and nobody is told")
	}
}
