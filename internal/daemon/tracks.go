package daemon

import (
	"context"
	"errors"

	"usher/internal/box"
	"usher/player"
)

// useTracks asks the player beside the loop. Questions of one title are asked
// one after the other, in the order given: the last one wins.
func (d *Daemon) useTracks(f box.UseTracks) {
	ctx, before, done := d.session, d.asked, make(chan struct{})
	d.asked = done
	d.work.Go(func() {
		defer close(done)
		if before != nil {
			<-before // ends soon: each has its limit
		}
		if ctx.Err() != nil {
			return
		}
		list, err := d.askTracks(ctx, f)
		if ctx.Err() == nil {
			d.tellUntil(ctx, box.TracksAnswered{Session: f.Session, Ask: f.Ask, List: list, Problem: d.tracksProblem(err)})
		}
	})
}

// askTracks changes what is to be changed, and reads what is there then.
func (d *Daemon) askTracks(ctx context.Context, f box.UseTracks) (list player.TrackList, err error) {
	t := d.opt.Tracks
	if t == nil {
		return player.TrackList{Can: player.TracksCan{Why: "this player has no interface for tracks that Usher knows"}}, nil
	}
	switch f.Ask {
	case box.TracksChoose:
		err = t.Choose(ctx, f.Kind, f.ID)
	case box.TracksDelay:
		err = t.Delay(ctx, f.Kind, f.By)
	case box.TracksShape:
		err = t.Shape(ctx, f.Geometry)
	}
	if err != nil {
		return list, err
	}
	return t.Tracks(ctx)
}

func (d *Daemon) tracksProblem(err error) *box.Problem {
	if err == nil {
		return nil
	}
	d.log.Info("Tracks not changed or read", "err", err)
	if errors.Is(err, player.ErrAbsent) {
		return &box.Problem{
			Code: "tracks_absent", Text: "This player cannot change that in this film.",
			Hint: "The film goes on as it was.",
		}
	}
	return &box.Problem{
		Code: "tracks_failed", Text: "The player did not change it.",
		Hint: "Try again; if it stays so, stop the film and play it again.",
	}
}
