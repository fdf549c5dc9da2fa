package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/offer"
	"usher/player"
)

// somethingToChoose is what a player with two sounds and two subtitles says.
func somethingToChoose() player.TrackList {
	return player.TrackList{
		Can:   player.TracksCan{Audio: true, Subtitle: true, Delay: true, Geometry: true},
		Audio: []player.Track{{Kind: player.AudioTrack, ID: 1, Language: "en", Selected: true}, {Kind: player.AudioTrack, ID: 2, Language: "de"}},
		Subtitles: []player.Track{
			{Kind: player.SubtitleTrack, ID: 1, Language: "en", External: true}, {Kind: player.SubtitleTrack, ID: 2, Language: "zh", External: true},
		},
	}
}

// openedWithSounds is a stream that keeps two sounds apart from its picture.
func openedWithSounds(session uint64, german bool) OriginOpened {
	o := opened(session, 0, false)
	o.Sounds = []Sound{{Language: "en", Name: "English", Channels: 2, Selected: !german}, {Language: "de", Name: "Deutsch", Channels: 6, Selected: german}}
	return o
}

// heard is a film with two sounds: apart from the picture, or inside it.
func heard(t *testing.T, separate bool) State {
	t.Helper()
	o := opened(1, 0, false)
	if separate {
		o = openedWithSounds(1, false)
	}
	s, fx := run(New("test", false),
		ready(),
		PlayRequested{TitleID: "demo:lantern"},
		Resolved{Session: 1, Title: episode(), Playback: offer.Playback{URL: "http://svc/lantern.m3u8"}},
		o,
		status(1, player.Playing, 30*time.Second, start().Add(4*time.Second)))
	if ask := find[UseTracks](t, fx); ask.Ask != TracksRead || find[SetTimer](t, fx).Timer == "" {
		t.Fatalf("asked %+v when the title began", ask)
	}
	s, _ = Next(s, start(), TracksAnswered{Session: 1, List: somethingToChoose()})
	return s
}

func episode() offer.Title {
	e := film()
	e.SeriesID = "demo:lights"
	return e
}

func TestSoundApartFromThePictureIsServedAnew(t *testing.T) {
	at := start().Add(4 * time.Second)
	s := heard(t, true)
	v := lookTracks(s)
	if len(v.Audio) != 2 || !v.Audio[0].Selected || v.Audio[1].Title != "Deutsch" || v.Audio[1].Channels != 6 || !v.Can.Audio {
		t.Fatalf("tracks %+v", v)
	}
	s, fx := Next(s, at.Add(time.Second), ChooseRequested{Kind: player.AudioTrack, ID: 2})
	o := find[OpenOrigin](t, fx)
	if find[CloseOrigin](t, fx).Session != 1 || o.Session != 2 || o.Sound != "Deutsch" || o.Audio[0] != "de" {
		t.Fatalf("effects %+v", fx)
	}
	s, fx = Next(s, at, openedWithSounds(2, true))
	if m := commands(fx)[0].Media; m.Start != 31*time.Second || m.Audio[0] != "de" {
		t.Fatalf("opens %+v", m)
	}
	if v := lookTracks(s); !v.Audio[1].Selected || v.Audio[0].Selected {
		t.Fatalf("tracks %+v", v)
	}
	if _, fx = Next(s, at, ChooseRequested{Kind: player.AudioTrack, ID: 2}); len(commands(fx)) != 0 {
		t.Fatalf("the sound that is on was opened anew: %+v", fx)
	}
}

func TestSoundInsideThePictureIsThePlayers(t *testing.T) {
	_, fx := Next(heard(t, false), start(), ChooseRequested{Kind: player.AudioTrack, ID: 2})
	want := UseTracks{Session: 1, Ask: TracksChoose, Kind: player.AudioTrack, ID: 2}
	if diff := cmp.Diff(want, find[UseTracks](t, fx)); diff != "" {
		t.Fatal(diff)
	}
}

func TestChoiceIsTheNextEpisodes(t *testing.T) {
	s := heard(t, true)
	s, fx := Next(s, start(), ChooseRequested{Kind: player.SubtitleTrack, ID: 2})
	if got := find[SaveChoice](t, fx); got.ID != "demo:lights" || got.Choice.Subtitle != "zh" {
		t.Fatalf("saved %+v", got)
	}
	s, _ = Next(s, start(), ChooseRequested{Kind: player.AudioTrack, ID: 2})
	next := episode()
	next.ID = "demo:lights-2"
	s, _ = Next(s, start(), PlayRequested{TitleID: next.ID})
	s, fx = Next(s, start(), Resolved{Session: s.Session, Title: next})
	if o := find[OpenOrigin](t, fx); o.Audio[0] != "de" || o.Sound != "Deutsch" || o.Subtitle[0] != "zh" {
		t.Fatalf("opens %+v", o)
	}
	s, _ = Next(s, start(), PlayRequested{TitleID: "demo:lantern"})
	_, fx = Next(s, start(), Resolved{Session: s.Session, Title: film()})
	if o := find[OpenOrigin](t, fx); len(o.Audio) != 0 || o.Sound != "" || len(o.Subtitle) != 0 {
		t.Fatalf("another title opens %+v", o)
	}
}

func TestSubtitlesStayOff(t *testing.T) {
	s := heard(t, false)
	s.Caption = []string{"en"}
	s, fx := Next(s, start(), ChooseRequested{Kind: player.SubtitleTrack})
	if got := find[SaveChoice](t, fx).Choice; !got.NoSubtitles {
		t.Fatalf("saved %+v", got)
	}
	if got := s.subtitles(); len(got) != 0 {
		t.Fatalf("reads %v", got)
	}
}

func TestTracksThatCannotBeAreRefused(t *testing.T) {
	mute := heard(t, false)
	mute.Tracks.List = player.TrackList{Can: player.TracksCan{Why: "MPRIS has no tracks"}}
	for name, c := range map[string]struct {
		s    State
		e    Event
		want string
	}{
		"nothing on":      {New("test", false), ChooseRequested{Kind: player.AudioTrack, ID: 1}, "nothing_playing"},
		"no such sound":   {heard(t, true), ChooseRequested{Kind: player.AudioTrack, ID: 3}, "no_track"},
		"no sound at all": {heard(t, true), ChooseRequested{Kind: player.AudioTrack}, "no_track"},
		"no such words":   {heard(t, false), ChooseRequested{Kind: player.SubtitleTrack, ID: 9}, "no_track"},
		"mute sound":      {mute, ChooseRequested{Kind: player.AudioTrack, ID: 1}, "tracks_absent"},
		"mute words":      {mute, ChooseRequested{Kind: player.SubtitleTrack}, "tracks_absent"},
		"mute delay":      {mute, DelayRequested{Kind: player.AudioTrack}, "tracks_absent"},
		"mute shape":      {mute, ShapeRequested{}, "tracks_absent"},
	} {
		if p := Refuse(c.s, c.e); p == nil || p.Code != c.want {
			t.Errorf("%s: %v, want %s", name, p, c.want)
		}
	}
	if why := lookTracks(mute).Can.Why; why == "" {
		t.Error("it is not said why")
	}
}

func TestDelayAndShapeOutliveAReopening(t *testing.T) {
	s, at := heard(t, true), start().Add(4*time.Second)
	s, _ = Next(s, at, DelayRequested{Kind: player.SubtitleTrack, By: time.Minute})
	s, _ = Next(s, at, ShapeRequested{player.Geometry{Fill: 1}})
	s, _ = Next(s, at, ChooseRequested{Kind: player.AudioTrack, ID: 2})
	s, _ = Next(s, at, openedWithSounds(2, true))
	_, fx := Next(s, at, status(2, player.Playing, 30*time.Second, at))
	var asked []UseTracks
	for _, f := range fx {
		if u, ok := f.(UseTracks); ok {
			asked = append(asked, u)
		}
	}
	want := []UseTracks{
		{Session: 2, Ask: TracksShape, Geometry: player.Geometry{Fill: 1}},
		{Session: 2, Ask: TracksDelay, Kind: player.SubtitleTrack, By: mostDelay},
		{Session: 2},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Fatal(diff)
	}
}

func TestTroubleWithTracksIsShownOnlyToWhoAsked(t *testing.T) {
	s, bad := heard(t, false), &Problem{Code: "tracks_failed"}
	s, _ = Next(s, start(), TracksAnswered{Session: 1, Ask: TracksRead, Problem: bad})
	if v := lookTracks(s); v.Problem != nil || len(v.Audio) != 2 {
		t.Fatalf("tracks %+v", v)
	}
	s, _ = Next(s, start(), TracksAnswered{Session: 1, Ask: TracksDelay, Problem: bad})
	if lookTracks(s).Problem == nil {
		t.Fatal("nothing is said")
	}
	s, _ = Next(s, start(), TracksAnswered{Session: 1, Ask: TracksDelay, List: somethingToChoose()})
	if lookTracks(s).Problem != nil {
		t.Fatal("still said")
	}
}

func TestTracksAreReadWhenThePlayerSaysTheyChanged(t *testing.T) {
	at := start().Add(5 * time.Second)
	s := heard(t, false)
	st := s.Status
	st.Tracks++
	s, fx := Next(s, at, PlayerChanged{player.Changed{Status: st}})
	if ask := find[UseTracks](t, fx); ask.Ask != TracksRead || ask.Session != s.Session {
		t.Fatalf("asked %+v", ask)
	}
	if _, fx = Next(s, at, PlayerChanged{player.Changed{Status: st}}); len(fx) != 0 {
		t.Fatalf("read again for nothing: %+v", fx)
	}
}

// Subtitle files are loaded after the picture is there: until then a title
// that was opened anew shows what it had.
func TestSubtitlesStayInTheMenuWhileTheyAreReadAnew(t *testing.T) {
	at := start().Add(5 * time.Second)
	s := heard(t, true)
	was := len(lookTracks(s).Subtitles)
	s, _ = Next(s, at, ChooseRequested{Kind: player.AudioTrack, ID: 2})
	o := openedWithSounds(2, true)
	o.Captions = make([]player.Captions, was)
	s, _ = run(s, o, status(2, player.Playing, 31*time.Second, at))
	early := somethingToChoose()
	early.Subtitles = nil
	s, _ = Next(s, at, TracksAnswered{Session: s.Session, List: early})
	if now := len(lookTracks(s).Subtitles); was == 0 || now != was {
		t.Fatalf("%d subtitles, then %d", was, now)
	}
	s.Origin.Captions = nil // a stream that has none now
	s, _ = Next(s, at, TracksAnswered{Session: s.Session, List: early})
	if now := len(lookTracks(s).Subtitles); now != 0 {
		t.Fatalf("%d subtitles of a stream without", now)
	}
}
