package box

import (
	"testing"
	"time"

	"usher/device/remote"
	"usher/internal/offer"
	"usher/player"
)

func withChapters(t *testing.T, at time.Duration, chapters ...int) State {
	t.Helper()
	s := playing(t, false)
	s.Title.DurationMS = 600_000
	s.Origin.Duration, s.Status.Position, s.Status.At = 10*time.Minute, at, start()
	for _, c := range chapters {
		s.Title.Chapters = append(s.Title.Chapters, offer.Chapter{AtMS: int64(c) * 1000, Name: offer.Text{"en": "C"}})
	}
	return s
}

func TestChapters(t *testing.T) {
	for name, c := range map[string]struct {
		at       time.Duration
		by       int
		chapters []int
		want     time.Duration // -1: the film goes on where it is
	}{
		"on":                            {100 * time.Second, 1, []int{0, 60, 200, 400}, 200 * time.Second},
		"two on":                        {100 * time.Second, 2, []int{0, 60, 200, 400}, 400 * time.Second},
		"further than there are":        {100 * time.Second, 9, []int{0, 60, 200, 400}, 400 * time.Second},
		"on from a little before a one": {199 * time.Second, 1, []int{0, 60, 200, 400}, 400 * time.Second},
		"on from the last":              {500 * time.Second, 1, []int{0, 60, 200, 400}, -1},
		"back to its beginning":         {100 * time.Second, -1, []int{0, 60, 200, 400}, 60 * time.Second},
		"back from its beginning":       {62 * time.Second, -1, []int{0, 60, 200, 400}, 0},
		"back twice":                    {250 * time.Second, -2, []int{0, 60, 200, 400}, 60 * time.Second},
		"back from before the first":    {10 * time.Second, -1, []int{60}, 0},
		"back without any":              {300 * time.Second, -1, nil, 0},
		"those out of order are not":    {100 * time.Second, 1, []int{0, 60, 30, 200}, -1},
		"those past the end are not":    {100 * time.Second, 1, []int{0, 60, 600}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			s, fx := Next(withChapters(t, c.at, c.chapters...), start(), SeekRequested{Chapters: c.by})
			if c.want < 0 {
				if len(fx) != 0 || s.Status.Position != c.at {
					t.Fatalf("at %v, effects %v", s.Status.Position, fx)
				}
				return
			}
			if got := find[CommandPlayer](t, fx).Command; got.Op != player.Seek || got.Position != c.want {
				t.Errorf("%+v, want %v", got, c.want)
			}
		})
	}
}

func TestChaptersAreRefusedWhereThereAreNone(t *testing.T) {
	if p := Refuse(withChapters(t, 0), SeekRequested{Chapters: 1}); p == nil || p.Code != "no_chapters" {
		t.Errorf("a film without: %v", p)
	}
	if p := Refuse(withChapters(t, 0), SeekRequested{Chapters: -1}); p != nil {
		t.Errorf("back in a film without: %v", p)
	}
	if p := Refuse(pausedLive(t), SeekRequested{Chapters: -1}); p == nil || p.Code != "no_chapters" {
		t.Errorf("a channel: %v", p)
	}
}

// The key for the next one leads through the chapters, and then to the next
// episode.
func TestKeysOfChapters(t *testing.T) {
	press := func(s State, k remote.Key) []Effect {
		_, fx := Next(s, start(), KeyPressed{Key: remote.Event{Key: k, Action: remote.Press}})
		return fx
	}
	s := withChapters(t, 100*time.Second, 0, 60, 200)
	s.Next = &offer.Title{ID: "demo:next"}
	if got := find[CommandPlayer](t, press(s, remote.Next)).Command; got.Position != 200*time.Second {
		t.Errorf("next: %+v", got)
	}
	if got := find[CommandPlayer](t, press(s, remote.Previous)).Command; got.Position != 60*time.Second {
		t.Errorf("previous: %+v", got)
	}
	s.Status.Position = 300 * time.Second
	if got := find[ResolvePlayback](t, press(s, remote.Next)); got.TitleID != "demo:next" {
		t.Errorf("next in the last chapter: %+v", got)
	}
}
