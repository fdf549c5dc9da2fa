package uitest

import (
	"usher/internal/box"
	"usher/player"
)

// Tracks are what every pretended film has: two sounds and two subtitles.
func Tracks() box.TracksView {
	return box.TracksView{
		Session: 1,
		Audio: []player.Track{
			{Kind: player.AudioTrack, ID: 1, Language: "en", Title: "English", Codec: "aac", Channels: 2, Selected: true},
			{Kind: player.AudioTrack, ID: 2, Language: "de", Title: "Deutsch", Channels: 6},
		},
		Subtitles: []player.Track{
			{Kind: player.SubtitleTrack, ID: 1, Language: "en", Title: "English", External: true},
			{Kind: player.SubtitleTrack, ID: 2, Language: "zh-Hans", Title: "简体中文", External: true},
		},
		Can:     box.TracksCan{Audio: true, Subtitles: true, Delay: true, Picture: true},
		Picture: box.PictureView{Width: 1280, Height: 720, Aspect: 1.78, HDR: player.SDR},
	}
}

// applyTracks carries out an intent about tracks.
func applyTracks(v *box.TracksView, e box.Event) {
	switch e := e.(type) {
	case box.PlayRequested:
		*v = Tracks()
	case box.StopRequested:
		*v = box.TracksView{}
	case box.ChooseRequested:
		list := &v.Audio
		if e.Kind == player.SubtitleTrack {
			list = &v.Subtitles
		}
		marked := append([]player.Track(nil), *list...)
		for i := range marked {
			marked[i].Selected = marked[i].ID == e.ID
		}
		*list = marked
	case box.DelayRequested:
		if e.Kind == player.AudioTrack {
			v.AudioDelayMS = e.By.Milliseconds()
		} else {
			v.SubtitleDelayMS = e.By.Milliseconds()
		}
	case box.ShapeRequested:
		v.Picture.ShowAspect, v.Picture.Fill = e.Geometry.Aspect, e.Geometry.Fill
	}
}
