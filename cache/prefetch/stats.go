package prefetch

import "time"

// Stats are the figures of a Runner since it was made, but for Day and
// DayFlash.
type Stats struct {
	Kits, Used                   uint64 // heads that were made, and of these the ones whose title was started
	Refused, Failed              uint64 // orders that the service did not allow, or that did not succeed
	Preempted                    uint64 // orders that gave way, to a film or because the focus went on
	Bytes, FlashBytes, UsedBytes int64  // fetched for kits; for the flash; for titles that were started
	Day, DayFlash                int64  // bytes spent today
	Starts, KitStarts            uint64 // titles started by people until the first picture, and with a kit
	QuickStarts, QuickKitStarts  uint64 // of these within 0.3 s
	Idle                         Why    // why nothing may be fetched now; "" it may
	Last                         Start
}

// Start is how the last start went. Took 0 means that there was none.
type Start struct {
	Took   time.Duration // from the wish to the first picture
	Known  bool          // the title had been pointed at before
	Kit    Step          // how much of its kit was there
	Sign   Sign
	Rested time.Duration // since the sign
}

// publish shows the figures.
func (r *Runner) publish(idle Why) {
	r.stats.Day, r.stats.DayFlash, r.stats.Idle = r.spent.Day, r.spent.Flash, idle
	r.mu.Lock()
	r.public = r.stats
	r.mu.Unlock()
}

// String is the name of a sign on the bridge.
func (s Sign) String() string {
	names := [signEnds]string{"tile", "continue", "hero", "details", "next", "credits", "countdown", "night"}
	if s < signEnds {
		return names[s]
	}
	return "unknown"
}

// SignNamed is the sign of a name; ok is false when there is none.
func SignNamed(name string) (s Sign, ok bool) {
	for s := range signEnds {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// String is the name of a step on the bridge.
func (s Step) String() string {
	switch s {
	case Nothing:
		return "none"
	case Lists:
		return "lists"
	case Head:
		return "head"
	}
	return "full"
}
