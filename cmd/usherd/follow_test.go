package main

import (
	"testing"
	"time"

	"usher/cache/serve"
	"usher/internal/box"
)

func TestTheAccountMeetsWhatTheScreenKnew(t *testing.T) {
	var m measures
	asked := time.Unix(1_800_000_000, 0)
	v := box.PlaybackView{TitleID: "demo:a", Quality: box.Quality{Asked: asked, Began: asked.Add(870 * time.Millisecond), Stalls: 1, Stalled: 2 * time.Second}}
	m.closing(7, v)
	m.closing(8, box.PlaybackView{TitleID: "demo:b"})
	e := m.closed(7, serve.Report{Segments: 30, MeanRate: 2_000_000, Ahead: 5, Unread: 2})
	if e.Session != 7 || e.TitleID != "demo:a" || e.Start != 870*time.Millisecond || e.Stalls != 1 || e.Film.MeanRate != 2_000_000 || e.Film.UnreadBytes != 2 {
		t.Errorf("%+v", e)
	}
	if e := m.closed(9, serve.Report{}); e.Session != 9 || e.TitleID != "" {
		t.Errorf("an unknown session: %+v", e)
	}
	for i := range uint64(100) { // accounts that never come
		m.closing(100+i, v)
	}
	if len(m.open) > maxMeasures {
		t.Errorf("%d titles are remembered", len(m.open))
	}
}

func TestWhyInWords(t *testing.T) {
	asked := time.Unix(1_800_000_000, 0)
	v := box.PlaybackView{
		Session: 1, TitleID: "demo:a",
		Quality: box.Quality{Asked: asked, Resolved: asked.Add(50 * time.Millisecond), Opened: asked.Add(230 * time.Millisecond), Began: asked.Add(870 * time.Millisecond), Stalls: 1, Stalled: 1500 * time.Millisecond},
	}
	r := serve.Report{
		Segments: 8, Media: 32 * time.Second, MeanRate: 1_300_000, Switches: 1, Wanted: 8, InTime: 3, Held: 48 * time.Second,
		Outages: 2, Away: 70 * time.Second, Least: 400 * time.Millisecond, Link: 2_700_000, Decision: "540p, 1.7 Mb/s: it is so",
	}
	smooth, deep := v, r
	smooth.Quality.Stalls, deep.Least, deep.Outages = 0, 31*time.Second, 1
	fresh := deep
	fresh.Least = 0
	w := why{}
	for _, c := range []struct{ got, want string }{
		{w.quality(v, r, true)[0].Text, "540p, 1.7 Mb/s: it is so."},
		{w.quality(v, r, true)[1].Text, "1.3 Mb/s in the mean over 32 s, 1 switch."},
		{w.quality(v, r, true)[2].Text, "It carries about 2.7 Mb/s."},
		{w.stall(v, r, true)[0].Text, "1 stall, 1.50 s in all."},
		{w.stall(v, r, true)[1].Text, "48 s of film are on the box; 3 of 8 segments were there before the player asked."},
		{w.stall(v, r, true)[2].Text, "It fell silent 2 times, 70 s in all; what was held did not always last: it was 0.40 s at the least."},
		{w.stall(smooth, deep, true)[2].Text, "It fell silent 1 time, 70 s in all; the film went on from what was held, never less than 31 s."},
		{w.stall(smooth, fresh, true)[2].Text, "It fell silent 1 time, 70 s in all; the film went on from what the player had."},
		{w.stall(box.PlaybackView{}, serve.Report{}, false)[0].Text, "None in this title."},
		{w.noFilm(box.PlaybackView{})[0].Text, "Nothing is playing."},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
