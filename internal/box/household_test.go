package box

import (
	"slices"
	"testing"
	"time"

	"usher/player"
)

// family is a household of a mother and a child; who watches is up to the test.
func family(who Viewer) HouseholdChanged {
	return HouseholdChanged{Viewer: who, Household: HouseholdView{Current: who.ID, Profiles: []Profile{{ID: FirstProfile}, {ID: "child", Kids: true}}}}
}

// scriptedHousehold is for the fuzzer.
func scriptedHousehold(arg byte) []Event {
	gone := family(Viewer{ID: FirstProfile})
	gone.Household.Profiles = gone.Household.Profiles[:1]
	return []Event{
		family(Viewer{ID: []string{FirstProfile, "child", ""}[arg%3], Audio: []string{"", "de"}[arg%2], Subtitles: []string{"", "en", NoSubtitles}[arg%3]}),
		gone,
	}
}

func effect[T Effect](fx []Effect) (found T, ok bool) {
	for _, f := range fx {
		if t, is := f.(T); is {
			return t, true
		}
	}
	return found, false
}

func TestAnotherViewerEndsTheTitle(t *testing.T) {
	s, now := playing(t, false), start().Add(time.Minute)
	s, _ = Next(s, now, family(Viewer{ID: FirstProfile}))
	if s.Phase != Playing {
		t.Fatal("the same viewer ended it")
	}
	before := s.Session
	s, fx := Next(s, now.Add(time.Second), family(Viewer{ID: "child", Audio: "de", Subtitles: NoSubtitles}))
	saved, ok := effect[SaveProgress](fx)
	if !ok || saved.Profile != FirstProfile || !saved.Lasting || s.Phase != Idle || s.Session == before {
		t.Errorf("saved %+v, phase %v", saved, s.Phase)
	}
	v := Look(s)
	if v.Playback.TitleID != "" || v.Playback.Name != nil || len(v.Progress) != 0 || !slices.Equal(s.Audio, []string{"de"}) || s.Caption != nil {
		t.Errorf("%+v %v %v", v.Playback, s.Audio, s.Caption)
	}
	if hint, ok := effect[Expect](fx); !ok || hint.TitleID != "" || len(hint.Wish.Progress) != 0 {
		t.Errorf("hint %+v", hint)
	}
	s, _ = Next(s, now, status(before, player.Playing, time.Minute, now)) // what the player still says
	if s.Phase != Idle {
		t.Error("the film of before goes on")
	}
	s, _ = Next(s, now, family(Viewer{ID: FirstProfile}))
	if len(s.Progress) != 1 || len(s.Audio) != 0 {
		t.Errorf("back: %v %v", s.Progress, s.Audio)
	}
}

func TestNobodyWatchesNothing(t *testing.T) {
	s, _ := Next(New("t", false), start(), family(Viewer{}))
	if p := Refuse(s, PlayRequested{TitleID: "demo:a"}); p == nil || p.Code != "profile_needed" {
		t.Errorf("%v", p)
	}
	if s, fx := Next(s, start(), Focused{TitleID: "demo:a", Sign: SignTile}); !slices.ContainsFunc(fx, func(f Effect) bool { e, ok := f.(Expect); return ok && e.TitleID == "" }) {
		t.Errorf("%v %v", s.Focus, fx)
	}
}

func TestARemovedProfileIsForgotten(t *testing.T) {
	s, _ := Next(New("t", false), start(), family(Viewer{ID: "child"}))
	s.Progress = map[string]Progress{"demo:a": {PositionMS: 1}}
	s, _ = Next(s, start(), family(Viewer{ID: FirstProfile}))
	if len(s.Kept["child"].Progress) != 1 {
		t.Fatalf("%+v", s.Kept)
	}
	left := family(Viewer{ID: FirstProfile})
	left.Household.Profiles = left.Household.Profiles[:1]
	s, fx := Next(s, start(), left)
	if f, ok := effect[ForgetViewer](fx); !ok || f.Profile != "child" || len(s.Kept) != 0 {
		t.Errorf("%+v, kept %v", fx, s.Kept)
	}
}

func TestAStateBeginsWithItsHousehold(t *testing.T) {
	kept := map[string]Kept{FirstProfile: {Progress: map[string]Progress{"demo:a": {}}}, "child": {Progress: map[string]Progress{"demo:b": {}}}}
	s := New("t", false).Settle(Languages{Audio: []string{"en"}, Caption: []string{"de"}}, kept, family(Viewer{ID: "child"}))
	if _, ok := s.Progress["demo:b"]; !ok || len(s.Kept) != 1 || !slices.Equal(s.Audio, []string{"en"}) || !slices.Equal(s.Caption, []string{"de"}) {
		t.Errorf("%+v", s)
	}
	if len(kept) != 2 {
		t.Error("what was given is changed")
	}
}

func TestPositionsOfAnotherBox(t *testing.T) {
	s := playing(t, false)
	s.Progress = map[string]Progress{"demo:a": {PositionMS: 1, UpdatedMS: 10}, "demo:b": {PositionMS: 2, UpdatedMS: 10}}
	news := map[string]Progress{"demo:a": {PositionMS: 9, UpdatedMS: 11}, "demo:b": {PositionMS: 9, UpdatedMS: 9}, "demo:c": {PositionMS: 9, UpdatedMS: 1}, s.Title.ID: {PositionMS: 9, UpdatedMS: 1 << 60}}
	was := s.Progress
	s, fx := Next(s, start(), ProgressMerged{Profile: FirstProfile, Progress: news})
	if len(fx) != 2 || s.Progress["demo:a"].PositionMS != 9 || s.Progress["demo:b"].PositionMS != 2 || s.Progress["demo:c"].PositionMS != 9 || len(s.Progress) != 3 || len(was) != 2 {
		t.Errorf("%+v, %+v", fx, s.Progress)
	}
	if _, fx := Next(s, start(), ProgressMerged{Profile: "child", Progress: news}); fx != nil {
		t.Errorf("of somebody else: %+v", fx)
	}
}
