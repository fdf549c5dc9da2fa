package box

import (
	"time"

	"usher/player"
)

// Sound is one of several renditions of sound that a stream keeps apart from
// its picture. The origin serves one of them at a time.
type Sound struct {
	Language string // BCP 47, as the playlist says
	Name     string // told apart by it when two have the same language
	Channels int    // 0: not said
	Selected bool   // the one that is served
}

// Choice is what a person last chose to hear and to read in a series, or in a
// film. It is tried first whenever a title of it begins.
type Choice struct {
	Audio       string `json:"audio,omitempty"`       // BCP 47; empty: nothing was chosen
	Sound       string `json:"sound,omitempty"`       // Sound.Name, for two of one language
	Subtitle    string `json:"subtitle,omitempty"`    // BCP 47; empty: nothing was chosen
	NoSubtitles bool   `json:"noSubtitles,omitempty"` // they were switched off
}

// Intents about tracks; they act on the title that is on.
type (
	// ChooseRequested switches to a track of TracksView; id 0 is no subtitles.
	ChooseRequested struct {
		Kind player.TrackKind
		ID   int
	}
	// DelayRequested moves sound or subtitles against the picture, -10 s to
	// 10 s; positive is later.
	DelayRequested struct {
		Kind player.TrackKind
		By   time.Duration
	}
	// ShapeRequested sets the shape of the picture until the title ends.
	ShapeRequested struct{ Geometry player.Geometry }
)

// TracksAsk says what UseTracks does.
type TracksAsk uint8

// What can be asked of a player about tracks.
const (
	TracksRead TracksAsk = iota
	TracksChoose
	TracksDelay
	TracksShape
)

// UseTracks reads or changes the tracks of the title in the player. Answer:
// TracksAnswered.
type UseTracks struct {
	Session  uint64
	Ask      TracksAsk
	Kind     player.TrackKind // TracksChoose, TracksDelay
	ID       int              // TracksChoose
	By       time.Duration    // TracksDelay
	Geometry player.Geometry  // TracksShape
}

// TracksAnswered answers UseTracks: the tracks as they are afterwards, or why
// it could not be done (then List says nothing).
type TracksAnswered struct {
	Session uint64
	Ask     TracksAsk
	List    player.TrackList
	Problem *Problem
}

// SaveChoice stores a Choice for a series or a film. No answer.
type SaveChoice struct {
	Profile string
	ID      string // qualified
	Choice  Choice
}

func (ChooseRequested) boxEvent() {}
func (DelayRequested) boxEvent()  {}
func (ShapeRequested) boxEvent()  {}
func (TracksAnswered) boxEvent()  {}
func (UseTracks) boxEffect()      {}
func (SaveChoice) boxEffect()     {}

// Tracks is what is known of the tracks of the title that is on.
type Tracks struct {
	List    player.TrackList
	Shape   player.Geometry // asked for
	Audio   time.Duration   // delay asked for
	Text    time.Duration   // delay of subtitles asked for
	Problem *Problem        // of the last thing that was asked for
}

// tracksAgain is when the tracks are read once more after a title began: by
// then the subtitle files are loaded and the picture's colours are known. A
// player that says when its tracks change is read again whenever it does.
const tracksAgain = 1500 * time.Millisecond

// readTracks asks for the tracks of a title that has just begun.
func readTracks(s State) []Effect {
	return []Effect{UseTracks{Session: s.Session}, SetTimer{Timer: TimerTracks, Session: s.Session, After: tracksAgain}}
}

// again asks for what was set in a title that was opened anew; drivers begin
// every title without delays and with the picture's own shape.
func again(s State) []Effect {
	var fx []Effect
	if s.Tracks.Shape != (player.Geometry{}) {
		fx = append(fx, UseTracks{Session: s.Session, Ask: TracksShape, Geometry: s.Tracks.Shape})
	}
	if by := s.Tracks.Audio; by != 0 {
		fx = append(fx, UseTracks{Session: s.Session, Ask: TracksDelay, Kind: player.AudioTrack, By: by})
	}
	if by := s.Tracks.Text; by != 0 {
		fx = append(fx, UseTracks{Session: s.Session, Ask: TracksDelay, Kind: player.SubtitleTrack, By: by})
	}
	return fx
}

// mostDelay is how far sound or subtitles may be moved.
const mostDelay = 10 * time.Second

func delay(s State, e DelayRequested) (State, []Effect) {
	e.By = min(max(e.By, -mostDelay), mostDelay)
	if e.Kind == player.AudioTrack {
		s.Tracks.Audio = e.By
	} else {
		s.Tracks.Text = e.By
	}
	return s, []Effect{UseTracks{Session: s.Session, Ask: TracksDelay, Kind: e.Kind, By: e.By}}
}

func shape(s State, e ShapeRequested) (State, []Effect) {
	s.Tracks.Shape = e.Geometry
	return s, []Effect{UseTracks{Session: s.Session, Ask: TracksShape, Geometry: e.Geometry}}
}

// tracksAnswered takes in what the player said. A reading that failed leaves
// what was known, and is no news for people: they asked for nothing.
func tracksAnswered(s State, e TracksAnswered) State {
	switch {
	case e.Session != s.Session || !s.Phase.loaded():
	case e.Problem == nil:
		if len(e.List.Subtitles) < len(s.Origin.Captions) && len(e.List.Subtitles) < len(s.Tracks.List.Subtitles) {
			e.List.Subtitles = s.Tracks.List.Subtitles // opened anew, and the files are still being read
		}
		s.Tracks.List = e.List
		if e.Ask != TracksRead {
			s.Tracks.Problem = nil
		}
	case e.Ask != TracksRead:
		s.Tracks.Problem = e.Problem
	}
	return s
}

// separate says that the stream has several sounds apart from its picture:
// switching is then the origin's work, whatever the player can.
func (s State) separate() bool { return len(s.Origin.Sounds) > 1 }

// choose switches to a track, and remembers the choice.
func choose(s State, now time.Time, e ChooseRequested) (State, []Effect) {
	switch {
	case e.Kind == player.AudioTrack && s.separate():
		return chooseSound(s, now, s.Origin.Sounds[e.ID-1])
	case e.Kind == player.AudioTrack:
		if t, ok := trackOf(s.Tracks.List.Audio, e.ID); ok && t.Language != "" {
			s.Chosen.Audio, s.Chosen.Sound = t.Language, ""
		}
	default:
		t, on := trackOf(s.Tracks.List.Subtitles, e.ID)
		s.Chosen.Subtitle, s.Chosen.NoSubtitles = t.Language, !on
	}
	s, fx := remember(s)
	return s, append(fx, UseTracks{Session: s.Session, Ask: TracksChoose, Kind: e.Kind, ID: e.ID})
}

// chooseSound opens the title anew where it is, with another sound: it is the
// one way that every player understands, and the picture is in the cache.
func chooseSound(s State, now time.Time, to Sound) (State, []Effect) {
	s.Chosen.Audio, s.Chosen.Sound = to.Language, to.Name
	s, fx := remember(s)
	if to.Selected {
		return s, fx
	}
	at, closing := s.Status.PositionAt(now), CloseOrigin{Session: s.Session}
	s, opening := open(s, at)
	return s, append(append(fx, closing), opening...)
}

// remember keeps the choice for the next title of the series.
func remember(s State) (State, []Effect) {
	id := choiceID(s)
	if id == "" {
		return s, nil
	}
	s = s.withChoice(id, s.Chosen)
	return s, []Effect{SaveChoice{Profile: s.Viewer.ID, ID: id, Choice: s.Chosen}}
}

// choiceID is what a choice holds for: the series of an episode, or the film.
func choiceID(s State) string {
	if s.Title.SeriesID != "" {
		return s.Title.SeriesID
	}
	return s.Title.ID
}

// audio is the languages to hear, best first.
func (s State) audio() []string { return first(s.Chosen.Audio, s.Audio) }

// subtitles is the languages to read, best first; none for none.
func (s State) subtitles() []string {
	if s.Chosen.NoSubtitles {
		return nil
	}
	return first(s.Chosen.Subtitle, s.Caption)
}

// first is the list with one put before it.
func first(one string, list []string) []string {
	if one == "" {
		return list
	}
	return append([]string{one}, list...)
}

func trackOf(list []player.Track, id int) (player.Track, bool) {
	for _, t := range list {
		if t.ID == id && id > 0 {
			return t, true
		}
	}
	return player.Track{}, false
}

// refuseTracks says why an intent about tracks cannot be carried out now.
func refuseTracks(s State, e Event) *Problem {
	if !s.Phase.loaded() || s.Phase == Recovering {
		return new(nothingPlaying)
	}
	can := lookTracks(s).Can
	allowed := can.Picture
	switch e := e.(type) {
	case ChooseRequested:
		if e.Kind == player.AudioTrack {
			return refuseTrack(can.Audio, lookTracks(s).Audio, e.ID)
		}
		if e.ID == 0 && can.Subtitles {
			return nil
		}
		return refuseTrack(can.Subtitles, lookTracks(s).Subtitles, e.ID)
	case DelayRequested:
		allowed = can.Delay
	}
	if !allowed {
		return new(tracksAbsent)
	}
	return nil
}

func refuseTrack(can bool, list []player.Track, id int) *Problem {
	if !can {
		return new(tracksAbsent)
	}
	if _, ok := trackOf(list, id); !ok {
		return new(noTrack)
	}
	return nil
}
