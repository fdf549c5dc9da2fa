package main

import (
	"sync"
	"time"

	"usher/cache/serve"
	"usher/internal/box"
)

// follow tells the origin where the player is, so that it reads the right part
// of the film ahead.
func (a *appliance) follow(h box.Playhead) {
	a.origin.Playhead(h.Session, serve.Playhead{Position: h.Position, At: h.At, Rate: h.Rate})
}

// originHolds passes on how far a film is at hand.
func (a *appliance) originHolds(tag uint64, until time.Duration) {
	a.daemon.Tell(box.OriginHolds{Session: tag, Until: until})
}

// measures keeps what the screen knew of a title when it was closed, until the
// origin has done its account of it. It is safe for concurrent use.
type measures struct {
	mu   sync.Mutex
	open map[uint64]box.FilmMeasured // by session
}

// maxMeasures bounds titles whose account never comes.
const maxMeasures = 16

// closing notes a session that ends.
func (m *measures) closing(session uint64, v box.PlaybackView) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil || len(m.open) >= maxMeasures {
		m.open = map[uint64]box.FilmMeasured{}
	}
	q := v.Quality
	m.open[session] = box.FilmMeasured{Session: session, TitleID: v.TitleID, Start: q.Start(), Stalls: q.Stalls, Stalled: q.Stalled}
}

// closed adds the origin's account.
func (m *measures) closed(session uint64, r serve.Report) box.FilmMeasured {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.open[session]
	delete(m.open, session)
	e.Session, e.Film = session, filmOf(r)
	return e
}

func filmOf(r serve.Report) box.Film {
	return box.Film{
		Segments: r.Segments, MeanRate: r.MeanRate, Rate: r.Rate, Height: r.Height, Switches: r.Switches,
		Wanted: r.Wanted, InTime: r.InTime, Abandoned: r.Abandoned, AheadBytes: r.Ahead, UnreadBytes: r.Unread,
		Held: r.Held, Least: r.Least, Away: r.Away, Outages: r.Outages, Link: r.Link,
	}
}

// originEnded passes on the account of a title.
func (a *appliance) originEnded(tag uint64, r serve.Report) {
	e := a.measures.closed(tag, r)
	a.log.Info("Film measured", "session", tag, "title", e.TitleID, "startMs", e.Start.Milliseconds(), "stalls", e.Stalls,
		"stalledMs", e.Stalled.Milliseconds(), "meanRate", e.Film.MeanRate, "switches", e.Film.Switches,
		"inTime", e.Film.InTime, "wanted", e.Film.Wanted, "unread", e.Film.UnreadBytes, "outages", e.Film.Outages)
	a.daemon.Tell(e)
}

// closing notes how a title was shown. It is called in the owner loop before
// the next view is made, so the view is still that of the title.
func (a *appliance) closing(session uint64) {
	a.measures.closing(session, a.daemon.View().Playback)
}
