package pairing

import "time"

// Next says what follows from an event at the monotonic time now (any zero,
// including sleep).
func Next(s State, now time.Duration, e Event) (State, []Effect) {
	var out []Effect
	switch e := e.(type) {
	case Begin:
		s, out = begin(s, now)
	case Cancel:
		s = cancel(s)
	case Tick:
		s, out = tick(s, now)
	case Asked:
		s = asked(s, now, e)
	case Polled:
		s, out = polled(s, now, e)
	}
	if s.active() {
		out = append(out, Wake{At: s.wake()})
	}
	return s, out
}

// wake is when something is due.
func (s State) wake() time.Duration {
	if s.busy {
		return s.ends
	}
	return min(s.next, s.ends)
}

func begin(s State, now time.Duration) (State, []Effect) {
	if s.active() || s.Phase == Paired {
		return s, nil // the code that is shown stays good; who is paired unpairs first
	}
	s = State{Phase: Asking, Run: s.Run + 1, gap: time.Second, ends: now + AskFor, busy: true}
	return s, []Effect{Ask{Run: s.Run}}
}

// cancel ends what goes on; of an end it says that a person has read it.
func cancel(s State) State {
	if s.Phase == Paired {
		return s
	}
	return State{Phase: Idle, Run: s.Run}
}

func tick(s State, now time.Duration) (State, []Effect) {
	switch {
	case !s.active():
		return s, nil
	case now >= s.ends:
		return s.over(), nil
	case s.busy || now < s.next:
		return s, nil
	}
	s.busy = true
	if s.Phase == Asking {
		return s, []Effect{Ask{Run: s.Run}}
	}
	return s, []Effect{Poll{Run: s.Run, Device: s.Device}}
}

// over is the state once time is up.
func (s State) over() State {
	if s.Phase == Asking {
		return s.failed(Unreachable)
	}
	return s.end(Expired)
}

// end forgets the code, shown and secret.
func (s State) end(p Phase) State { return State{Phase: p, Run: s.Run} }

func (s State) failed(why Reason) State {
	s = s.end(Failed)
	s.Reason = why
	return s
}

func asked(s State, now time.Duration, e Asked) State {
	if e.Run != s.Run || s.Phase != Asking {
		return s
	}
	s.busy = false
	switch e.Answer.Kind {
	case Pending:
		return s.show(now, e.Grant)
	case Missed, Slower:
		return s.retry(now, e.Answer.After)
	case No:
		return s.end(Denied)
	}
	return s.refused(e.Answer)
}

// show begins to wait for the person.
func (s State) show(now time.Duration, a Authorization) State {
	s.Phase, s.Device, s.missed, s.Away = Waiting, a.Device, 0, false
	s.Code = Code{User: a.User, URI: a.URI, Complete: a.Complete, Ends: now + a.Life}
	s.ends, s.gap = s.Code.Ends, a.Interval
	s.next = now + s.gap
	return s
}

// retry waits longer each time, and never less than the gap or what the
// service asked for.
func (s State) retry(now, after time.Duration) State {
	s.missed, s.Away = min(s.missed+1, 16), true
	wait := max(s.gap, min(s.gap<<s.missed, LongestBackOff))
	s.next = max(now+wait, now+after)
	if last := s.ends - lastTry; s.next > last && after == 0 {
		s.next = max(now+s.gap, last) // no back-off sleeps through the end
	}
	return s
}

func (s State) refused(a Answer) State {
	s = s.failed(a.Why)
	s.Refusal = a.Code
	return s
}

func polled(s State, now time.Duration, e Polled) (State, []Effect) {
	if e.Answer.Kind == Granted {
		return granted(s, e.Run)
	}
	if e.Run != s.Run || s.Phase != Waiting {
		return s, nil
	}
	s.busy = false
	switch e.Answer.Kind {
	case Pending:
		return s.again(now), nil
	case Slower:
		s.gap = max(s.gap+SlowDown, e.Answer.Interval)
		return s.again(now), nil
	case Missed:
		return s.retry(now, e.Answer.After), nil
	case No:
		return s.end(Denied), nil
	case Late:
		return s.end(Expired), nil
	}
	return s.refused(e.Answer), nil
}

// again waits for the next poll after an answer.
func (s State) again(now time.Duration) State {
	s.missed, s.Away = 0, false
	s.next = now + s.gap
	return s
}

// granted takes tokens that came in time by the service's clock, though maybe
// not by ours; a person who took the pairing back, or began another one,
// wants them gone.
func granted(s State, run uint64) (State, []Effect) {
	switch {
	case run == s.Run && (s.Phase == Waiting || s.Phase == Expired):
		return s.end(Paired), nil
	case run == s.Run && s.Phase == Paired:
		return s, nil
	}
	return s, []Effect{Forget{Run: run}}
}
