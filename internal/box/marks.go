package box

import "time"

// marks are the places of a title that a person may want to skip from. Zero
// is not known.
type marks struct {
	from, to time.Duration // the opening titles
	credits  time.Duration // the closing credits begin
}

// lookMarks is what the catalogue says of the title that is on, as far as it
// fits the stream: a service may have cut the film since it set the marks.
func lookMarks(s State) marks {
	var m marks
	end := s.duration()
	if c := fromMS(s.Title.CreditsMS); c > 0 && c <= end {
		m.credits, end = c, c
	}
	if from, to := fromMS(s.Title.IntroFromMS), fromMS(s.Title.IntroToMS); from < to && to <= end {
		m.from, m.to = from, to
	}
	return m
}

// fromMS is ms as a duration, and 0 for what no title has.
func fromMS(ms int64) time.Duration {
	const longest = 48 * time.Hour
	if ms < 0 || ms > longest.Milliseconds() {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}
