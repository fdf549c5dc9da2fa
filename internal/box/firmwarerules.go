package box

import (
	"slices"
	"time"
)

// Pace is how fast an update may be fetched and written.
type Pace string

// The paces.
const (
	PaceNone Pace = ""     // not at all: what is under way stops within a second
	PaceSlow Pace = "slow" // with a share of the network that a person does not feel
	PaceFull Pace = "full"
)

// scene is all that decides whether an update may go on.
type scene struct {
	Moving    bool // a picture moves, or is awaited
	Pairing   bool // somebody joins an account
	Paying    bool // a purchase waits for its approval on a phone
	Delayed   bool // somebody delays standby for a reason of theirs
	Metered   bool // the network is paid for by the byte
	Hold      bool // the server that leads the fleet says: not yet
	Title     bool // a film is held on the screen
	Postponed bool // the household put it off
	Attended  bool // somebody may be in front of it
	Standby   bool
	Quiet     bool // the hours in which it may start anew by itself
	Urgent    bool // its deadline has passed
	Asked     bool // a person wants it now
}

// may is what may be done in a scene, and the first rule that keeps the box
// from starting anew.
type may struct {
	Pace    Pace
	Restart bool
	Why     string
}

// verdict is what a rule leaves.
type verdict struct {
	pace    Pace // the fastest it allows
	restart bool // it allows that the box starts anew
}

// firmwareRule is one row of the table.
type firmwareRule struct {
	why     string // a stable word: what an update waits for
	when    func(scene) bool
	verdict verdict
}

// firmwareRules is the whole table of "never in the way". The slowest pace of
// the rows that hold counts, and a single one is enough to put a restart off.
func firmwareRules() []firmwareRule {
	none, wait, slow, fetch := verdict{PaceNone, false}, verdict{PaceFull, false}, verdict{PaceSlow, false}, verdict{PaceNone, true}
	return []firmwareRule{
		{"watching", func(c scene) bool { return c.Moving }, none},
		{"pairing", func(c scene) bool { return c.Pairing }, none},
		{"paying", func(c scene) bool { return c.Paying }, none},
		{"delayed", func(c scene) bool { return c.Delayed }, none},
		{"held", func(c scene) bool { return c.Hold }, wait},
		{"metered", func(c scene) bool { return c.Metered && !c.Asked && !c.Urgent }, fetch},
		{"title", func(c scene) bool { return c.Title && !c.Asked && !(c.Urgent && !c.Attended) }, slow},
		{"attended", func(c scene) bool { return c.Attended && !c.Asked }, slow},
		{"postponed", func(c scene) bool { return c.Postponed && !c.Asked && !c.Urgent }, wait},
		{"hours", func(c scene) bool { return !c.Standby && !c.Quiet && !c.Asked && !c.Urgent }, wait},
	}
}

// judge reads the table.
func judge(c scene) may {
	m := may{Pace: PaceFull, Restart: true}
	for _, r := range firmwareRules() {
		if !r.when(c) {
			continue
		}
		if order(r.verdict.pace) < order(m.Pace) {
			m.Pace = r.verdict.pace
		}
		m.Restart = m.Restart && r.verdict.restart
		if m.Why == "" {
			m.Why = r.why
		}
	}
	return m
}

func order(p Pace) int { return slices.Index([]Pace{PaceNone, PaceSlow, PaceFull}, p) }

// The times after which nobody is taken to be there.
const (
	aloneAfter  = 30 * time.Minute
	aloneUrgent = 5 * time.Minute
)

// alone is after how long without an act nobody is taken to be there.
func (f Firmware) alone(now time.Time) time.Duration {
	if f.urgent(now) {
		return aloneUrgent
	}
	return aloneAfter
}

func (f Firmware) urgent(now time.Time) bool { return !f.Urgent.IsZero() && !now.Before(f.Urgent) }

// scene is the state as the rules see it.
func (s State) scene(now time.Time) scene {
	f, standby := s.Firmware, s.Power.State == PowerStandby
	return scene{
		Moving:    s.moving(),
		Pairing:   slices.ContainsFunc(s.Accounts, func(a Account) bool { return a.Phase == AccountAsking || a.Phase == AccountWaiting }),
		Paying:    s.Sale.pending(now),
		Delayed:   slices.ContainsFunc(lapsed(s.Power.Inhibitors, now), func(i Inhibitor) bool { return i.ID != InhibitUpdate }),
		Metered:   f.Metered,
		Hold:      f.Hold,
		Title:     s.Phase.active() && !standby,
		Postponed: now.Before(f.putoff()),
		Attended:  !standby && now.Sub(s.Power.Acted) < f.alone(now),
		Standby:   standby,
		Quiet:     f.Quiet,
		Urgent:    f.urgent(now),
		Asked:     f.Asked,
	}
}

// pending says that a purchase is under way: its end is told, or its time is up.
func (v SaleView) pending(now time.Time) bool {
	under := slices.Contains([]string{"intended", "created", "scanned", "paid", "accepted"}, v.State)
	return under && (v.ExpiresAtMS == 0 || now.UnixMilli() < v.ExpiresAtMS)
}
