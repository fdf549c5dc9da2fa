package prefetch

import (
	"cmp"
	"time"
)

// Sign is why the start of a title is likely. The values are stored by Habits:
// new ones are added at the end.
type Sign uint8

// The signs.
const (
	Tile      Sign = iota // the focus rests on its tile
	Continue              // the same, among those that were begun
	Hero                  // it is the large one at the top of the screen
	Details               // its page is open
	Next                  // the episode before it is nearly over
	Credits               // the closing credits before it run
	Countdown             // it starts by itself in a few seconds
	Night                 // it may be watched tomorrow
	signEnds
)

// Resting is how long the focus rests before that means anything.
const Resting = 300 * time.Millisecond

// Step is how much of a start kit there is; each contains the one before.
type Step uint8

// The steps of a kit.
const (
	Nothing Step = iota
	Lists        // playlists, init sections and keys
	Head         // and the segment in which playing begins
	Full         // and the seconds after it
)

// trait is what is known about a sign before this household has shown its own
// habits.
type trait struct {
	chance float64 // of a start within startWithin
	tier   uint8   // lower goes first, whatever the worth
	rests  bool    // it counts only after Resting
	stays  bool    // it holds although the focus is elsewhere
	flash  bool    // the kit is of use for longer than memory keeps it
	lasts  time.Duration
}

func traits() [signEnds]trait {
	return [signEnds]trait{
		Tile:      {chance: 0.12, rests: true, lasts: 10 * time.Minute},
		Continue:  {chance: 0.35, rests: true, flash: true, lasts: 10 * time.Minute},
		Hero:      {chance: 0.10, tier: 1, rests: true, stays: true, lasts: 5 * time.Minute},
		Details:   {chance: 0.45, lasts: 10 * time.Minute},
		Next:      {chance: 0.50, tier: 1, stays: true, lasts: time.Hour},
		Credits:   {chance: 0.80, stays: true, lasts: 15 * time.Minute},
		Countdown: {chance: 0.95, stays: true, lasts: 2 * time.Minute},
		Night:     {chance: 0.25, tier: 2, stays: true, flash: true, lasts: 12 * time.Hour},
	}
}

// deepest is the step a candidate is worth at most. While an episode is nearly
// over its next one gets playlists only; the rest waits for the credits.
func (c Candidate) deepest() Step {
	if c.Sign == Next || c.Live {
		return Lists
	}
	return Full
}

// Candidate is a title that may be started.
type Candidate struct {
	ID      string
	Sign    Sign
	Since   time.Time // of the sign
	Have    Step
	Fresh   time.Time // the playlists of the kit may be used until then
	After   time.Time // not to be tried before: it was refused, or failed
	Chance  float64   // of a start, by the household's habits; 0: by the sign alone
	Sizes   [4]int64  // bytes of each step, where they are known
	Trailed bool      // the focus has left it
	Live    bool      // a channel: where it begins is not known before
}

// Film is what is known about the title that is on.
type Film struct {
	On      bool
	Reserve time.Duration // at hand beyond the playhead
	Full    bool          // the player takes no more for now, or all of it is at hand
	Bitrate int           // bit/s of what is played
	Link    int           // bit/s of the way to the service; 0 unknown
	Missed  time.Time     // when a player last had to wait for the service
	Served  int64         // bytes that players read, since the start
	Strain  time.Time     // a service said that it is asked too much, until then
}

// Limits bound what is fetched. Zero values of bytes are nothing at all.
type Limits struct {
	Off         bool
	Day         int64         // bytes in a day
	Flash       int64         // bytes in a day that go to the flash
	Keys        bool          // decryption keys belong to a kit
	Connections int           // to one service at a time
	LowWater    time.Duration // the reserve of the film below which nothing else is fetched
	Length      time.Duration // of a full kit
}

// Spent is what was used up.
type Spent struct {
	Day    int64 // bytes fetched for kits today
	Flash  int64 // of these, bytes for the flash
	Wasted int64 // bytes of kits that nobody has read, since the start
}

// The rules that have no setting.
const (
	afterMiss    = 3 * time.Second // nothing is fetched for so long after a player waited
	headroom     = 1.2             // times the bitrate that stays the film's
	leastRate    = 150_000         // bit/s: slower is not worth a connection
	wasteGrace   = 96 << 20        // bytes that may turn out useless before anything was watched
	wasteShare   = 0.08            // of the bytes watched that may turn out useless besides
	leastWorth   = 0.02            // seconds saved for each MiB
	depthWorth   = 0.1             // the same, of what only spares a later stall
	largestKit   = 24 << 20        // bytes of one order
	smallestLeft = 256 << 10       // of a budget; less is not begun with
	tail         = 1 << 20         // bytes that may still come for an order that was ended; see Origin.Kit
)

// Why names what keeps fetching from going on; "" nothing.
type Why string

// The reasons.
const (
	WhyOff        Why = "off"
	WhyMetered    Why = "metered"
	WhyBudget     Why = "budget"
	WhyWaste      Why = "waste"
	WhyStarved    Why = "film_first"
	WhyMissed     Why = "player_waited"
	WhyStrained   Why = "service_busy"
	WhyConnection Why = "one_connection"
)

// Gate says whether anything may be fetched now.
type Gate struct {
	Why   Why       // "": open
	Until time.Time // when to look again; zero: when something changes
	Rate  int       // bit/s at most; 0 unlimited
	Bytes int64     // of the next order at most
	Flash int64     // of these, for the flash at most
}

// Allow applies the limits to the moment.
func (l Limits) Allow(now time.Time, metered bool, f Film, s Spent) Gate {
	left := min(l.Day-s.Day-tail, largestKit)
	left = min(left, wasteGrace+int64(wasteShare*float64(f.Served))-s.Wasted)
	switch {
	case l.Off:
		return Gate{Why: WhyOff}
	case metered:
		return Gate{Why: WhyMetered}
	case l.Day-s.Day-tail < smallestLeft:
		return Gate{Why: WhyBudget, Until: midnight(now)}
	case left < smallestLeft:
		return Gate{Why: WhyWaste}
	case now.Before(f.Strain):
		return Gate{Why: WhyStrained, Until: f.Strain}
	}
	g := l.besides(now, f)
	g.Bytes, g.Flash = left, max(0, min(left, l.Flash-s.Flash-tail))
	return g
}

// besides is what a film that is on leaves for others.
func (l Limits) besides(now time.Time, f Film) Gate {
	if !f.On {
		return Gate{}
	}
	if l.Connections == 1 {
		return Gate{Why: WhyConnection}
	}
	if at := f.Missed.Add(afterMiss); now.Before(at) {
		return Gate{Why: WhyMissed, Until: at}
	}
	if f.Reserve < l.LowWater && !f.Full {
		return Gate{Why: WhyStarved}
	}
	rate := f.Link - int(headroom*float64(f.Bitrate))
	if rate < leastRate {
		return Gate{Why: WhyStarved}
	}
	return Gate{Rate: rate}
}

func midnight(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, now.Location())
}

// Job is the next order.
type Job struct {
	ID    string
	Sign  Sign
	Step  Step
	Flash bool // to the flash, not only to memory
}

// Choose gives the order that is worth most; ok is false for none, and wake is
// when to ask again (zero: when something changes). link is the rate of the
// way to the service in bit/s, 0 unknown.
func Choose(now time.Time, link int, g Gate, all []Candidate) (job Job, wake time.Time, ok bool) {
	if g.Why != "" {
		return Job{}, g.Until, false
	}
	var best offer
	for _, c := range all {
		if at := c.ready(); now.Before(at) {
			wake = earliest(wake, at)
			continue
		}
		o := c.offer(now, link)
		if o.step != Nothing && o.bytes <= g.Bytes && (best.step == Nothing || o.before(best)) {
			best = o
		}
		if c.Have != Nothing && c.refreshed() && c.Fresh.After(now) {
			wake = earliest(wake, c.Fresh)
		}
	}
	if best.step == Nothing {
		return Job{}, wake, false
	}
	flash := traits()[best.sign].flash && best.bytes <= g.Flash
	return Job{ID: best.id, Sign: best.sign, Step: best.step, Flash: flash}, time.Time{}, true
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// ready is from when a candidate counts.
func (c Candidate) ready() time.Time {
	at := c.Since
	if traits()[c.Sign].rests {
		at = at.Add(Resting)
	}
	if c.After.After(at) {
		at = c.After
	}
	return at
}

// Ends is when a candidate is forgotten: what the focus has left, at once.
func (c Candidate) Ends() time.Time {
	t := traits()[c.Sign]
	if c.Trailed && !t.stays {
		return c.Since
	}
	return c.Since.Add(t.lasts)
}

// refreshed says that the playlists of the kit are kept fresh: somebody may
// press OK at any moment. What is for later is asked about when it is opened.
func (c Candidate) refreshed() bool { return c.Sign != Night && c.Sign != Next }

// offer is one step for one candidate, and what it is worth.
type offer struct {
	id    string
	sign  Sign
	step  Step
	tier  uint8
	worth float64 // seconds saved for each MiB
	bytes int64
}

// before orders by tier, then by step (breadth before depth), then by worth.
func (o offer) before(p offer) bool {
	return cmp.Or(
		cmp.Compare(o.tier, p.tier),
		cmp.Compare(o.step, p.step),
		-cmp.Compare(o.worth, p.worth),
		cmp.Compare(o.id, p.id),
	) < 0
}

// offer is the step that comes next for a candidate; step Nothing for none.
func (c Candidate) offer(now time.Time, link int) offer {
	step := c.Have + 1
	if c.Have != Nothing && c.refreshed() && !now.Before(c.Fresh) {
		step = Lists // they are asked for again, which costs next to nothing
	}
	if step > c.deepest() {
		return offer{}
	}
	t := traits()[c.Sign]
	o := offer{id: c.ID, sign: c.Sign, step: step, tier: t.tier, bytes: c.size(step)}
	chance := c.Chance
	if chance == 0 {
		chance = t.chance
	}
	o.worth = chance * saved(step, o.bytes, link) / (float64(o.bytes) / (1 << 20))
	if o.worth < leastWorth || step == Full && o.worth < depthWorth {
		return offer{}
	}
	return o
}

// size is what a step weighs: as it was, or as such a step often is.
func (c Candidate) size(s Step) int64 {
	if n := c.Sizes[s]; n > 0 {
		return n
	}
	return [4]int64{Lists: 48 << 10, Head: 768 << 10, Full: 768 << 10}[s]
}

// saved is how many seconds of waiting a step spares whoever starts the title:
// the round trips for playlists, and the way of the first bytes. A second
// segment spares a stall only if the link then fails.
func saved(s Step, bytes int64, link int) float64 {
	if link <= 0 {
		link = 6_000_000
	}
	way := float64(bytes*8) / float64(link)
	switch s {
	case Lists:
		return 0.4
	case Head:
		return min(max(way, 0.3), 8)
	default:
		return min(way/4, 1)
	}
}
