//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"usher/player"
	"usher/player/mpris"
	"usher/player/vlc"
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
	switch {
	case d.launch == nil:
		return nil
	case d.o.Player == "mpv":
		return mpris.NewTracks(d.launch.Socket())
	case d.o.Player == "vlc":
		return vlc.New(d.launch.Web)
	}
	return nil
}

const noTracks = "MPRIS has no tracks, and Usher knows no other interface of this player"

// languages switches as Usher does: in the player where that is quick, and by
// opening the title anew where it is not: VLC 3 plays on in the old language
// to the end of what it has read.
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
	if d.o.Player == "vlc" {
		// Each opening has an address of its own, as with Usher's origin: opening
		// the same one again means ending it first.
		_, err = d.load(ctx, path+"?again", player.Media{Audio: []string{"en"}, Start: d.last.Position})
	} else {
		err = tracks.Choose(ctx, player.AudioTrack, inLanguage(list, "en"))
	}
	took := time.Since(begun)
	said := fmt.Sprintf("switched after %v", short(took))
	switch {
	case !list.Can.Audio && errors.Is(err, player.ErrAbsent):
		said, err = "refused: "+list.Can.Why, nil
	case err == nil:
		if took, err = d.heard(ctx, tracks, "en", begun); err != nil {
			break
		}
		said = fmt.Sprintf("switched after %v", short(took))
		d.figure("switch of audio language", "1 s", took)
		if took > time.Second {
			err = errors.New(said)
		}
	}
	at := d.last.Position
	return judge(errors.Join(err, d.status(ctx, "progress", func(s player.Status) bool {
		return s.Phase == player.Playing && s.Position > at+time.Second
	})), "opened in German; %s; plays on", said)
}

// heard waits for the sound of a language, and gives how long it took from begun.
func (d *driven) heard(ctx context.Context, tracks player.Tracks, language string, begun time.Time) (time.Duration, error) {
	for {
		list, err := tracks.Tracks(ctx)
		took := time.Since(begun)
		switch {
		case err != nil:
			return took, err
		case heardLanguage(list) == language:
			return took, nil
		case took > patience:
			return took, fmt.Errorf("still in %q after %v", heardLanguage(list), short(took))
		}
		select {
		case <-ctx.Done():
			return took, context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// inLanguage is the number of the sound in a language, or 0.
func inLanguage(list player.TrackList, language string) int {
	for _, t := range list.Audio {
		if t.Language == language {
			return t.ID
		}
	}
	return 0
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
	if err == nil && (list.AudioDelay != 250*time.Millisecond || list.Can.HDR && p.HDR == "" || p.Width == 0) {
		err = fmt.Errorf("reads %v and %+v", list.AudioDelay, p)
	}
	return judge(errors.Join(err, undo), "delay %v; %d × %d, %s", list.AudioDelay, p.Width, p.Height, p.HDR)
}
