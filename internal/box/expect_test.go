package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/offer"
	"usher/player"
)

func TestFocusIsPassedOnOnce(t *testing.T) {
	s := New("test", false)
	var got []Effect
	for _, e := range []Focused{
		{TitleID: "demo:a", Sign: SignTile}, {TitleID: "demo:a", Sign: SignTile}, {TitleID: "demo:a", Sign: SignDetails}, {},
	} {
		var fx []Effect
		s, fx = Next(s, start(), e)
		for _, f := range fx {
			e := f.(Expect)
			e.Wish = Wish{}
			got = append(got, e)
		}
	}
	want := []Effect{
		Expect{TitleID: "demo:a", Sign: SignTile}, Expect{TitleID: "demo:a", Sign: SignDetails}, Expect{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("effects (-want +got):\n%s", diff)
	}
}

// TestNextEpisodeIsExpectedTwice follows an episode of 120 s whose credits
// begin at 110 s: at 80 % and at the credits the next one is spoken of, once
// each, however often the position is stored.
func TestNextEpisodeIsExpectedTwice(t *testing.T) {
	next, on := film(), film()
	next.ID, on.CreditsMS = "demo:lantern-2", 110_000
	s, fx := run(New("test", false), ready(), PlayRequested{TitleID: on.ID})
	if got := find[Expect](t, fx); got.TitleID != on.ID || got.Sign != SignStart {
		t.Fatalf("a start is told as %+v", got)
	}
	s, _ = Next(s, start(), Resolved{Session: 1, Title: on, Next: &next, Playback: offer.Playback{URL: "http://svc/a.m3u8"}})
	s, _ = Next(s, start(), opened(1, 0, false))
	s, _ = Next(s, start(), status(1, player.Playing, 0, start()))
	told := map[time.Duration]Sign{}
	for at := time.Duration(0); at < 2*time.Minute; at += time.Second {
		s, fx = Next(s, start().Add(at), TimerFired{Timer: TimerSave, Session: 1})
		for _, f := range fx {
			if e, ok := f.(Expect); ok && e.TitleID == next.ID {
				told[at] = e.Sign
			}
		}
	}
	if diff := cmp.Diff(map[time.Duration]Sign{96 * time.Second: SignNext, 110 * time.Second: SignCredits}, told); diff != "" {
		t.Fatalf("told (-want +got):\n%s", diff)
	}
}

// TestWouldIsWhatIsOpened holds the hint against the opening that follows.
func TestWouldIsWhatIsOpened(t *testing.T) {
	s := New("test", false)
	s.Audio = []string{"de"}
	s.Progress = map[string]Progress{"demo:lantern": {PositionMS: 42_000}}
	s, _ = run(s, ready())
	s, fx := run(s, Focused{TitleID: "demo:lantern", Sign: SignContinue})
	r := Resolved{Session: 1, Title: film(), Playback: offer.Playback{URL: "http://svc/a.m3u8"}}
	would, at := find[Expect](t, fx).Wish.Would(r)
	_, fx = run(s, PlayRequested{TitleID: "demo:lantern"}, r)
	opened := find[OpenOrigin](t, fx)
	would.Session = opened.Session
	if diff := cmp.Diff(opened, would); diff != "" || at != 42*time.Second {
		t.Fatalf("at %v (-opened +would):\n%s", at, diff)
	}
}
