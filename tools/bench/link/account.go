package main

import (
	"time"
)

// rates are those of the film's rungs, in bit/s, as its playlists name them.
func rates() map[string]float64 {
	return map[string]float64{"r0": 0.3e6, "r1": 0.7e6, "r2": 1.2e6, "r3": 2.4e6, "r4": 4.5e6, "r5": 8e6}
}

// rungOf is the rung whose pictures have a height.
func rungOf(height int) string {
	return map[int]string{108: "r0", 144: "r1", 180: "r2", 216: "r3", 288: "r4", 360: "r5"}[height]
}

// account is where the bytes of a film went.
type account struct {
	fetched  int64 // all that went over the link
	shown    int64 // of segments, or parts of them, that were on the screen
	ahead    int64 // of segments after the last one shown: not yet wasted
	bitrate  float64
	switches int
	rungs    []string // of each segment shown, in order
}

// wasted is what was fetched for a place that has gone by and never shown.
func (a account) wasted() int64 { return max(0, a.fetched-a.shown-a.ahead) }

func (a account) wasteShare() float64 {
	if a.fetched == 0 {
		return 0
	}
	return float64(a.wasted()) / float64(a.fetched)
}

// settle finds what was shown. The height of the pictures says which rung it
// was; where it says nothing, the last rung of a segment that was fetched whole.
func settle(fetches []fetch, samples []sample) account {
	shown := shownRungs(samples)
	var a account
	sizes := map[string]map[int]int64{}
	got := map[string]map[int]int64{}
	for _, f := range fetches {
		if sizes[f.rung] == nil {
			sizes[f.rung], got[f.rung] = map[int]int64{}, map[int]int64{}
		}
		sizes[f.rung][f.segment] = f.size
		got[f.rung][f.segment] += f.bytes
		a.fetched += f.bytes
		switch {
		case f.segment < 0: // playlists and headers are needed
			a.shown += f.bytes
		case f.segment >= len(shown):
			a.ahead += f.bytes
		case f.rung == soundRung:
			a.shown += f.bytes
		}
	}
	var seconds, bits float64
	for k, s := range shown {
		if s.rung == "" {
			s.rung = lastWhole(fetches, got, k)
		}
		if s.share == 0 || s.rung == "" {
			continue
		}
		a.shown += int64(float64(sizes[s.rung][k]) * s.share)
		if k == len(shown)-1 { // the rest of it is still to come
			a.ahead += int64(float64(sizes[s.rung][k]) * (1 - s.share))
		}
		seconds += s.share
		bits += s.share * rates()[s.rung]
		if n := len(a.rungs); n > 0 && a.rungs[n-1] != s.rung {
			a.switches++
		}
		a.rungs = append(a.rungs, s.rung)
	}
	if seconds > 0 {
		a.bitrate = bits / seconds
	}
	return a
}

// part is how much of a segment was shown, and which rung most of it.
type part struct {
	rung  string
	share float64 // 0 to 1
}

// shownRungs goes through the places that were shown. The height of the first
// and last tenths of a segment is left out: players tell it a little early or late.
func shownRungs(samples []sample) []part {
	var list []part
	votes := []map[string]int{}
	for i, s := range samples {
		if s.first.IsZero() || i == 0 {
			continue
		}
		k := int(s.place / segmentLasts)
		for len(list) <= k {
			list, votes = append(list, part{}), append(votes, map[string]int{})
		}
		if film := s.place - samples[i-1].place; film > 0 && film < leap {
			list[k].share = min(1, list[k].share+float64(film)/float64(segmentLasts))
		}
		within := float64(s.place%segmentLasts) / float64(segmentLasts)
		if r := rungOf(s.height); r != "" && within > 0.1 && within < 0.9 {
			votes[k][r]++
		}
	}
	for k := range list {
		most := 0
		for r, n := range votes[k] {
			if n > most {
				most, list[k].rung = n, r
			}
		}
	}
	return list
}

// lastWhole is the rung of a segment that was the last to be fetched whole.
func lastWhole(fetches []fetch, got map[string]map[int]int64, k int) string {
	rung := ""
	var at time.Time
	for _, f := range fetches {
		if f.segment == k && f.rung != soundRung && got[f.rung][k] >= f.size && !f.ended.Before(at) {
			rung, at = f.rung, f.ended
		}
	}
	return rung
}
