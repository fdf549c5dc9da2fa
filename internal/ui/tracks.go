package ui

import (
	"context"

	"usher/internal/box"
	"usher/player"
)

// trackMethods are the methods about sound, subtitles and the shape of the
// picture of the title that is on.
func (b *Bridge) trackMethods() map[string]spec {
	return map[string]spec{
		"player.tracks":  takes(b.tracks),
		"player.choose":  takes(b.choose).asCommand(),
		"player.delay":   takes(b.delay).asCommand(),
		"player.picture": takes(b.picture).asCommand(),
	}
}

func (b *Bridge) tracks(context.Context, *session, none) (any, error) {
	return tidyTracks(b.box.View().Tracks), nil
}

// trackKind is what the document calls a kind of track.
func trackKind(word string) player.TrackKind {
	if word == "audio" {
		return player.AudioTrack
	}
	return player.SubtitleTrack
}

type chooseParams struct {
	Kind string `json:"kind"`
	ID   int    `json:"id"`
}

func (b *Bridge) choose(_ context.Context, _ *session, p chooseParams) (any, error) {
	return b.submit(box.ChooseRequested{Kind: trackKind(p.Kind), ID: p.ID})
}

type delayParams struct {
	Kind string `json:"kind"`
	MS   int64  `json:"ms"`
}

func (b *Bridge) delay(_ context.Context, _ *session, p delayParams) (any, error) {
	return b.submit(box.DelayRequested{Kind: trackKind(p.Kind), By: milliseconds(p.MS)})
}

type pictureParams struct {
	Aspect float64 `json:"aspect"`
	Fill   float64 `json:"fill"`
}

func (b *Bridge) picture(_ context.Context, _ *session, p pictureParams) (any, error) {
	return b.submit(box.ShapeRequested{Geometry: player.Geometry{Aspect: p.Aspect, Fill: p.Fill}})
}

// tidyTracks has lists where there are none.
func tidyTracks(v box.TracksView) box.TracksView {
	v.Audio, v.Subtitles = some(v.Audio), some(v.Subtitles)
	return v
}
