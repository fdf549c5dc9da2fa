package box

import "time"

// skip carries out what a key for the next one or the one before means.
func skip(s State, now time.Time, e SkipRequested) (State, []Effect) {
	if means := skipMeans(s, now, e); means != nil {
		return Next(s, now, means)
	}
	return s, nil
}

// skipMeans is what the keys for the next one and the one before mean, whoever
// has pressed them: to the next chapter, after the last one to the next episode,
// and on a channel to where it is live; back to the chapter before, and on a
// channel nowhere.
func skipMeans(s State, now time.Time, e SkipRequested) Event {
	switch {
	case s.live() && e.Back:
		return nil
	case s.live():
		return LiveRequested{}
	case e.Back:
		return SeekRequested{Chapters: -1}
	}
	if _, ok := s.chapter(now, 1); ok {
		return SeekRequested{Chapters: 1}
	}
	return NextRequested{}
}

// refuseSkip refuses what the key means where the picture was when the player
// last said so.
func refuseSkip(s State, e SkipRequested) *Problem {
	if !s.Phase.active() {
		return new(nothingPlaying)
	}
	if means := skipMeans(s, s.Status.At, e); means != nil {
		return Refuse(s, means)
	}
	return nil
}
