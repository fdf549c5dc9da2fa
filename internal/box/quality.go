package box

import "time"

// soughtFor is for how long after a seek a picture that stands is the seek and
// no stall.
const soughtFor = 5 * time.Second

// ample is how much of the film is on the box beyond the picture when a stall
// is the player's own affair: more than a segment that is still on its way.
const ample = 10 * time.Second

// Quality is how the title that is on was shown so far. It lasts while the
// title is reopened, and begins anew with the next title.
type Quality struct {
	Asked    time.Time // somebody pressed OK
	Resolved time.Time // the service said where the title is
	Opened   time.Time // the origin had the playlists
	Began    time.Time // the first picture
	Stalls   int       // times that the picture stood although it should move
	Own      int       // of Stalls: the film was there, the player stood still by itself
	Stalled  time.Duration
	Since    time.Time // of the stall that lasts; zero: none
	Sought   time.Time // the last seek
}

// Start is the time from asking to the first picture; 0 when there was none.
func (q Quality) Start() time.Duration {
	if q.Began.IsZero() {
		return 0
	}
	return q.Began.Sub(q.Asked)
}

// FilmMeasured is what the origin counted of a title that it closed. It is for
// the journal: nothing follows from it.
type FilmMeasured struct {
	Session uint64
	TitleID string
	Film    Film
	Start   time.Duration // from asking to the first picture
	Stalls  int
	Stalled time.Duration
}

func (FilmMeasured) boxEvent() {}

// Film is what the origin counted of one title. Rates are in bit/s.
type Film struct {
	Segments, MeanRate, Rate, Height, Switches int
	Wanted, InTime, Abandoned                  int
	AheadBytes, UnreadBytes                    int64
	Held, Least, Away                          time.Duration
	Outages, Link                              int
}

// counted is after, with the quality that follows from the step from before.
// It may be called more than once for one step.
func counted(before, after State, now time.Time, e Event) State {
	q := after.Quality
	switch e.(type) {
	case SeekRequested, LiveRequested:
		q.Sought = now
	}
	switch {
	case after.Phase == Resolving && before.Phase != Resolving || before.Session != after.Session && before.Phase == Resolving && after.Phase == Resolving:
		q = Quality{Asked: now}
	case after.Phase == Idle:
		q = Quality{}
	}
	mark(&q.Resolved, now, before.Phase == Resolving && after.Phase == Opening)
	mark(&q.Opened, now, after.Phase == Opening && after.Origin.URL != "" && before.Origin.URL == "")
	mark(&q.Began, now, after.Phase == Playing || after.Phase == Paused && before.Phase == Opening)
	stands := after.Phase == Buffering && !q.Began.IsZero()
	switch {
	case stands && q.Since.IsZero() && before.Phase == Playing && now.Sub(q.Sought) > soughtFor:
		q.Stalls, q.Since = q.Stalls+1, now
		if after.Held-after.Status.PositionAt(now) >= ample {
			q.Own++
		}
	case !stands && !q.Since.IsZero():
		q.Stalled, q.Since = q.Stalled+now.Sub(q.Since), time.Time{}
	}
	after.Quality = q
	return after
}

// mark sets a moment once.
func mark(t *time.Time, now time.Time, when bool) {
	if when && t.IsZero() {
		*t = now
	}
}
