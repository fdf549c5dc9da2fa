package box

import (
	"slices"
	"time"
)

// inhibit adds or replaces an inhibitor.
func inhibit(s State, now time.Time, e InhibitorTaken) (State, []Effect) {
	was := len(s.Power.Inhibitors)
	list := slices.DeleteFunc(lapsed(s.Power.Inhibitors, now), func(i Inhibitor) bool { return i.ID == e.ID })
	i := Inhibitor{ID: e.ID, Reason: e.Reason, Until: now.Add(min(max(e.For, 0), inhibitMost))}
	s.Power.Inhibitors = append(list, i)
	fx := []Effect{lasting(TimerInhibit, s.Power.firstLapse().Sub(now))}
	if was == 0 {
		fx = append(fx, InhibitSleep{Reason: e.Reason})
	}
	return s, fx
}

// uninhibit drops the inhibitors that are named, and those that lapsed. After
// the last one a standby that waits is reached.
func uninhibit(s State, now time.Time, named func(Inhibitor) bool) (State, []Effect) {
	if len(s.Power.Inhibitors) == 0 {
		return s, nil
	}
	s.Power.Inhibitors = slices.DeleteFunc(lapsed(s.Power.Inhibitors, now), named)
	if len(s.Power.Inhibitors) > 0 {
		return s, []Effect{lasting(TimerInhibit, s.Power.firstLapse().Sub(now))}
	}
	fx := []Effect{InhibitSleep{}}
	if s.Power.State != PowerLeaving {
		return s, fx
	}
	s, more := asleep(s, now)
	return s, append(fx, more...)
}

// lapsed is a copy of list without those whose time is over.
func lapsed(list []Inhibitor, now time.Time) []Inhibitor {
	return slices.DeleteFunc(slices.Clone(list), func(i Inhibitor) bool { return !now.Before(i.Until) })
}

// firstLapse is when the first inhibitor lapses.
func (p Power) firstLapse() time.Time {
	first := p.Inhibitors[0].Until
	for _, i := range p.Inhibitors[1:] {
		if i.Until.Before(first) {
			first = i.Until
		}
	}
	return first
}

// refuseInhibitor says what is wrong with a request for one.
func refuseInhibitor(s State, e InhibitorTaken) *Problem {
	known := slices.ContainsFunc(s.Power.Inhibitors, func(i Inhibitor) bool { return i.ID == e.ID })
	switch {
	case e.ID == "" || e.Reason == "" || e.For <= 0:
		return new(inhibitorBad)
	case !known && len(s.Power.Inhibitors) >= inhibitors:
		return new(inhibitorsMany)
	}
	return nil
}
