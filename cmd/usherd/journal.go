package main

import (
	"strings"

	"usher/internal/box"
	"usher/internal/daemon"
	"usher/internal/journal"
)

// journal is the last events of the daemon as a file for usher replay; last 0
// is all that are kept.
func (a *appliance) journal(last int) (string, error) {
	r := a.daemon.Journal().Record()
	out := journal.Record{Version: version, Base: r.Base, End: r.End, Dropped: r.Dropped, Steps: r.Steps}
	if n := len(r.Entries) - last; last > 0 && n > 0 {
		out.Base, r.Entries, out.Dropped = after(r.Base, r.Entries[:n]), r.Entries[n:], out.Dropped+n
	}
	for _, e := range r.Entries {
		out.Entries = append(out.Entries, journal.Entry{At: e.At, Event: e.Event, Effects: journal.EffectNames(e.Effects)})
	}
	var text strings.Builder
	err := journal.Write(&text, out)
	return text.String(), err
}

// after is the state that entries lead to.
func after(s box.State, list []daemon.Entry) box.State {
	for _, e := range list {
		s, _ = box.Next(s, e.At, e.Event)
	}
	return s
}
