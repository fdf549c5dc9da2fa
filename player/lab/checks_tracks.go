//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"usher/player"
	"usher/player/mpris"
)

func trackChecks() []check {
	const area = "controller: tracks"
	row := func(id, item string, run func(context.Context, *driven) verdict) check {
		return check{"usher-" + id, area, item, true, drivenBy(run)}
	}
	return []check{
		row("language-ts", "opens in the preferred language, and switches it within 1 s (MPEG-TS)", func(ctx context.Context, d *driven) verdict {
			return d.languages(ctx, "/langs-ts/index.m3u8")
		}),
		row("language-cmaf", "the same in CMAF, or says that it cannot and plays on", func(ctx context.Context, d *driven) verdict {
			return d.languages(ctx, "/langs-cmaf/index.m3u8")
		}),
		row("picture", "delay, shape and dynamic range can be set and read", drivenPicture),
	}
}

// tracks is the player's interface for tracks; nil is none.
func (d *driven) tracks() player.Tracks {
	if d.launch == nil || d.o.Player != "mpv" {
		return nil
	}
	return mpris.NewTracks(d.launch.Socket())
}

const noTracks = "MPRIS has no tracks, and Usher knows no other interface of this player"

func (d *driven) languages(ctx context.Context, path string) verdict {
	tracks := d.tracks()
	if tracks == nil {
		return none(noTracks)
	}
	if _, err := d.load(ctx, path, player.Media{Audio: []string{"de"}}); err != nil {
		return fail("%v", err)
	}
	list, err := tracks.Tracks(ctx)
	if err != nil || heardLanguage(list) != "de" {
		return fail("opened in %q of %d (%v), German was preferred", heardLanguage(list), len(list.Audio), err)
	}
	begun := time.Now()
	err = tracks.Choose(ctx, player.AudioTrack, 1)
	took := time.Since(begun)
	said := fmt.Sprintf("switched after %v", short(took))
	switch {
	case !list.Can.Audio && errors.Is(err, player.ErrAbsent):
		said, err = "refused: "+list.Can.Why, nil
	case err == nil && took > time.Second:
		err = fmt.Errorf("switched after %v", short(took))
	case err == nil:
		if list, err = tracks.Tracks(ctx); err == nil && heardLanguage(list) != "en" {
			err = fmt.Errorf("still in %q", heardLanguage(list))
		}
		d.figure("switch of audio language", "1 s", took)
	}
	at := d.last.Position
	return judge(errors.Join(err, d.status(ctx, "progress", func(s player.Status) bool {
		return s.Phase == player.Playing && s.Position > at+time.Second
	})), "opened in German; %s; plays on", said)
}

// heardLanguage is the language of the selected sound.
func heardLanguage(list player.TrackList) string {
	for _, t := range list.Audio {
		if t.Selected {
			return t.Language
		}
	}
	return ""
}

func drivenPicture(ctx context.Context, d *driven) verdict {
	tracks := d.tracks()
	if tracks == nil {
		return none(noTracks)
	}
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	err := errors.Join(tracks.Delay(ctx, player.AudioTrack, 250*time.Millisecond), tracks.Shape(ctx, player.Geometry{Aspect: 4.0 / 3}))
	if err != nil {
		return fail("%v", err)
	}
	list, err := tracks.Tracks(ctx)
	undo := errors.Join(tracks.Delay(ctx, player.AudioTrack, 0), tracks.Shape(ctx, player.Geometry{}))
	p := list.Picture
	if err == nil && (list.AudioDelay != 250*time.Millisecond || p.HDR == "" || p.Width == 0) {
		err = fmt.Errorf("reads %v and %+v", list.AudioDelay, p)
	}
	return judge(errors.Join(err, undo), "delay %v; %d × %d, %s", list.AudioDelay, p.Width, p.Height, p.HDR)
}
