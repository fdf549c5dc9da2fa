package box

import "usher/player"

// TracksView is topic "tracks": what the title that is on has to hear and to
// read, and how its picture is shown.
type TracksView struct {
	Session         uint64         `json:"session"` // of PlaybackView
	Audio           []player.Track `json:"audio"`
	Subtitles       []player.Track `json:"subtitles"`
	AudioDelayMS    int64          `json:"audioDelayMs"` // positive is later than the picture
	SubtitleDelayMS int64          `json:"subtitleDelayMs"`
	Can             TracksCan      `json:"can"`
	Picture         PictureView    `json:"picture"`
	Problem         *Problem       `json:"problem,omitempty"` // of the last thing that was asked for
}

// TracksCan is what can be done with the tracks now.
type TracksCan struct {
	Audio     bool   `json:"audio"`     // choose another sound
	Subtitles bool   `json:"subtitles"` // choose subtitles, or none
	Delay     bool   `json:"delay"`
	Picture   bool   `json:"picture"`       // set aspect and fill
	Why       string `json:"why,omitempty"` // why something cannot be done, English
}

// PictureView is the picture as it is decoded, and the shape it is shown in.
type PictureView struct {
	Width      int        `json:"width"`  // pixels; 0: not known
	Height     int        `json:"height"` // pixels; 0: not known
	Aspect     float64    `json:"aspect"` // of the stream; 0: not known
	HDR        player.HDR `json:"hdr,omitempty"`
	Peak       float64    `json:"peak,omitempty"` // brightest signal, in units of SDR white
	ShowAspect float64    `json:"showAspect"`     // as it is shown; 0: the stream's own
	Fill       float64    `json:"fill"`           // 0 shows all, 1 fills the screen and cuts
}

// lookTracks is the tracks as people see them. A stream that keeps its sounds
// apart from the picture names them itself; the player has only the one that
// the origin serves.
func lookTracks(s State) TracksView {
	v := TracksView{Audio: []player.Track{}, Subtitles: []player.Track{}}
	if !s.Phase.loaded() {
		return v
	}
	have := s.Tracks.List
	v.Session, v.Problem = s.Session, s.Tracks.Problem
	v.AudioDelayMS, v.SubtitleDelayMS = have.AudioDelay.Milliseconds(), have.SubtitleDelay.Milliseconds()
	v.Can = TracksCan{
		Audio: s.separate() || have.Can.Audio, Subtitles: have.Can.Subtitle,
		Delay: have.Can.Delay, Picture: have.Can.Geometry,
	}
	if !v.Can.Audio || !v.Can.Subtitles || !v.Can.Delay || !v.Can.Picture {
		v.Can.Why = have.Can.Why
	}
	v.Audio, v.Subtitles = append(v.Audio, have.Audio...), append(v.Subtitles, have.Subtitles...)
	if s.separate() {
		v.Audio = sounds(s.Origin.Sounds, have.Audio)
	}
	p := have.Picture
	v.Picture = PictureView{
		Width: p.Width, Height: p.Height, Aspect: p.Aspect, HDR: p.HDR, Peak: p.Peak,
		ShowAspect: s.Tracks.Shape.Aspect, Fill: s.Tracks.Shape.Fill,
	}
	return v
}

// sounds is the renditions as tracks; what the player knows of the one it
// plays is added.
func sounds(list []Sound, played []player.Track) []player.Track {
	out := make([]player.Track, 0, len(list))
	for i, r := range list {
		t := player.Track{Kind: player.AudioTrack, ID: i + 1, Language: r.Language, Title: r.Name, Channels: r.Channels, Selected: r.Selected}
		if r.Selected && len(played) == 1 {
			t.Codec = played[0].Codec
		}
		out = append(out, t)
	}
	return out
}
