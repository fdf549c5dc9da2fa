package abrsim

// playerTakes is what a player has asked for ahead of its picture, s: mpv's and
// VLC's buffer as Usher sets it.
const playerTakes = 6.0

// lead is how long it takes until the player asks for segment k, s.
func (s *session) lead(k int) float64 {
	position := float64(len(s.r.Rungs))*s.title.Segment - s.buffer
	return float64(k)*s.title.Segment - position - playerTakes
}

// improve fetches one of the segments held a second time, when the policy wants
// that. Until the better one is whole the segment stays what it is.
func (s *session) improve() bool {
	policy, ok := s.policy.(Improver)
	if !ok || !s.began || s.now > endless {
		return false
	}
	held := s.held()
	n, rung, ok := policy.Improve(s.view(len(s.r.Rungs)), held, s.r.Fetched, s.r.Wasted)
	if !ok || held[n].Again {
		return false
	}
	k := held[n].Segment
	s.again[k] = true
	if _, done := s.fetch(k, Progress{Rung: s.bound(rung), Again: true}); done {
		s.r.Wasted += float64(s.title.Sizes[k][s.r.Rungs[k]])
		s.r.Replaced++
		s.r.Rungs[k] = s.bound(rung)
		s.last = s.r.Rungs[len(s.r.Rungs)-1]
	}
	return true
}

// held are the segments that the player has not asked for.
func (s *session) held() (list []Piece) {
	for k := len(s.r.Rungs) - 1; k >= 0 && s.lead(k) > 0; k-- {
		list = append(list, Piece{})
		copy(list[1:], list)
		list[0] = Piece{Segment: k, Rung: s.r.Rungs[k], Lead: s.lead(k), Again: s.again[k]}
	}
	return list
}
