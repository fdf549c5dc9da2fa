package box

import (
	"time"

	"usher/internal/offer"
)

// marks are the places of a title that a person may want to skip from, or to.
// Zero is not known.
type marks struct {
	from, to time.Duration // the opening titles
	credits  time.Duration // the closing credits begin
	chapters []offer.Chapter
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
	m.chapters = inOrder(s.Title.Chapters, s.duration())
	return m
}

// mostChapters is more than a film on a disc may have (99).
const mostChapters = 100

// inOrder is as many of all as follow one another and lie before end.
func inOrder(all []offer.Chapter, end time.Duration) []offer.Chapter {
	last := int64(-1)
	for i, c := range all[:min(len(all), mostChapters)] {
		if c.AtMS <= last || c.AtMS >= end.Milliseconds() {
			return all[:i]
		}
		last = c.AtMS
	}
	return all[:min(len(all), mostChapters)]
}

// Going back within chapterGrace of a chapter's beginning means the one before
// it. A chapter that begins within chapterSlack is where the picture is: a
// player may stop a little before the place it was sent to.
const (
	chapterGrace = 3 * time.Second
	chapterSlack = 2 * time.Second
)

// chapter is where the chapter begins that lies by chapters after the one
// that is on, or before it; false when none is left in that direction. Back
// from the first one, and in a title without chapters, leads to the beginning.
func (s State) chapter(now time.Time, by int) (time.Duration, bool) {
	all, at := lookMarks(s).chapters, s.Status.PositionAt(now)
	if by > 0 {
		i := len(upTo(all, at+chapterSlack))
		if i == len(all) {
			return 0, false
		}
		return fromMS(all[min(i+by, len(all))-1].AtMS), true
	}
	i := len(upTo(all, at-chapterGrace)) + by
	if i < 0 {
		return 0, true
	}
	return fromMS(all[i].AtMS), true
}

// upTo is what of all has begun at at.
func upTo(all []offer.Chapter, at time.Duration) []offer.Chapter {
	n := 0
	for n < len(all) && fromMS(all[n].AtMS) <= at {
		n++
	}
	return all[:n]
}

// fromMS is ms as a duration, and 0 for what no title has.
func fromMS(ms int64) time.Duration {
	const longest = 48 * time.Hour
	if ms < 0 || ms > longest.Milliseconds() {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}
