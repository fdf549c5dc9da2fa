package playback

import (
	"slices"
	"time"

	"usher/device/cec"
)

// Tick says that time passed; it is due at State.Deadline.
type Tick struct{}

// Configure replaces the configuration. The claim on the bus (name, vendor,
// version, deck) is the driver's, and changes there.
type Configure struct{ Config Config }

// Step is what follows from an input.
type Step struct {
	Send    []cec.Outgoing
	Reports []cec.Report
	Notes   []Note
}

// Note is something that was decided, for the log: most often, that nothing is done.
type Note struct {
	Text string
	From string // what it follows from
}

// State is the playback device. Copies are independent: Next changes none of
// what it was given.
type State struct {
	cfg      Config
	attached bool
	adapter  cec.Adapter
	trouble  cec.Trouble
	physical cec.Physical
	logical  cec.Address
	left     bool

	power     cec.Power
	standbyAt time.Time // when Standby was last taken
	woken     []time.Time
	blocked   time.Time // the bus may not wake until then

	active   bool
	shown    cec.Physical // whose picture, as far as known
	tvPower  cec.Power
	tvAsked  time.Time
	tvSeen   time.Time // last sign that it is on
	tvVendor cec.VendorID
	asked    bool // for the vendor

	wake    *waking
	woke    Chain // the last act that lit the television
	sleptAt time.Time

	key      *heldKey
	lapsed   *heldKey // ended without a sign, not long ago
	pressed  bucket
	hold     Hold // learned of this television
	released bool // it said of the last key that it was let go

	sound    sound
	pressing *sentKey

	deck     cec.Deck
	watchers []cec.Address

	nextID  uint64
	flight  []flying
	queue   []cec.Outgoing
	sent    bucket
	aborted []refusal
}

// Chain is why something happened, oldest first.
type Chain struct {
	At   time.Time `json:"at"`
	Why  cec.Why   `json:"why"`
	Then string    `json:"then"` // what came of it
}

// New is a device that is in standby and knows nothing yet.
func New(cfg Config) State {
	return State{
		cfg: cfg, physical: cec.NoPhysical, logical: cec.Unregistered, shown: cec.NoPhysical,
		power: cec.PowerStandby, tvPower: cec.PowerUnknown, tvVendor: cec.NoVendor,
		hold: cfg.Hold, deck: cec.DeckStop, sound: sound{volume: -1, at: startSound(cfg)},
		pressed: bucket{every: pressEvery, burst: pressBurst}, sent: bucket{every: sendEvery, burst: sendBurst},
	}
}

// clone copies what is shared.
func (s State) clone() State {
	s.woken = slices.Clone(s.woken)
	s.watchers = slices.Clone(s.watchers)
	s.flight = slices.Clone(s.flight)
	s.queue = slices.Clone(s.queue)
	s.aborted = slices.Clone(s.aborted)
	s.wake = copied(s.wake)
	s.key = copied(s.key)
	s.lapsed = copied(s.lapsed)
	s.pressing = copied(s.pressing)
	return s
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// Deadline is when Tick is due; zero: not before the next input.
func (s State) Deadline() time.Time {
	var first time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if s.wake != nil {
		sooner(s.wake.next)
		sooner(s.wake.ends)
	}
	if s.key != nil {
		sooner(s.key.ends.Add(keyGrace))
	}
	if s.pressing != nil {
		sooner(s.pressing.next)
	}
	sooner(s.sound.pending.until)
	sooner(s.blocked)
	for _, f := range s.flight {
		sooner(f.until)
	}
	return first
}

// View is what may be seen of a State, for `usher why tv` and diagnosis.
type View struct {
	Mode     Mode         `json:"mode"`
	Link     cec.Link     `json:"link"`
	Power    cec.Power    `json:"power"`
	Active   bool         `json:"active"`
	Shown    cec.Physical `json:"shown"`
	TVPower  cec.Power    `json:"tvPower"`
	TVVendor cec.VendorID `json:"tvVendor"`
	Sound    cec.Sound    `json:"sound"`
	Hold     Hold         `json:"hold"`
	Waking   bool         `json:"waking"`
	Blocked  time.Time    `json:"blocked,omitzero"` // the bus may not wake the box until then
	Woke     Chain        `json:"woke,omitzero"`    // what last lit the television
}

// Look is the view of s.
func Look(s State) View {
	return View{
		Mode: s.cfg.Mode, Link: s.link(), Power: s.power, Active: s.active, Shown: s.shown,
		TVPower: s.tvPower, TVVendor: s.tvVendor, Sound: s.sound.view(), Hold: s.hold,
		Waking: s.wake != nil, Blocked: s.blocked, Woke: s.woke,
	}
}

func (s State) link() cec.Link {
	return cec.Link{Attached: s.attached, Adapter: s.adapter, Physical: s.physical, Logical: s.logical, Trouble: s.trouble}
}

// Busy says that frames wait or are under way.
func (s State) Busy() bool { return len(s.flight)+len(s.queue) > 0 }
