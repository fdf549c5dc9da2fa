package box

import (
	"maps"
	"time"

	"usher/device/cec"
	"usher/internal/offer"
	"usher/player"
)

// Phase is where the box stands with the title it was asked for.
//
//	          PlayRequested
//	Idle ──────────────────▶ Resolving ──Resolved──▶ Opening ──▶ Playing ◀─▶ Paused
//	 ▲                           │                      │ ▲        │ ▲
//	 │                        Refused                   │ │ Ready  ▼ │
//	 │                           ▼                      │ │     Buffering
//	 └──StopRequested──────── Failed ◀──────────────────┘ │        │
//	                             ▲        player lost     │        │
//	                             └────── Recovering ◀─────┴────────┤
//	                                                               ▼
//	                                                             Ended
type Phase uint8

// The phases of the box.
const (
	Idle       Phase = iota
	Resolving        // the service was asked
	Opening          // the origin or the player is preparing it
	Playing          // the picture moves
	Paused           // held by a person
	Buffering        // meant to play, but the picture stands still
	Recovering       // the player went away and is awaited
	Ended            // played to the end
	Failed           // ended early; Problem says why
)

var phaseNames = [...]string{
	"idle", "resolving", "opening", "playing", "paused", "buffering", "recovering", "ended", "failed",
}

// String is the name used on the bridge.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// active says that a title is on or on its way.
func (p Phase) active() bool { return p >= Resolving && p <= Recovering }

// loaded says that the player was told to open the title.
func (p Phase) loaded() bool { return p >= Opening && p <= Recovering }

// State is everything the core knows. It is a value: Next never changes the
// maps and slices of the State it was given.
type State struct {
	Version string
	Demo    bool
	Audio   []string // preferred languages of who watches, BCP 47
	Caption []string
	Common  Languages // of the box, for those who chose none

	Session uint64 // rises with every (re)opening; answers to older ones are stale
	Showing `journal:"flat"`

	Volume float64 // 0 to 1
	Muted  bool

	PlayerReady bool
	Player      player.Info

	Power    Power
	Firmware Firmware
	Network  Network
	TV       TV

	Sale      SaleView // the purchase that is shown
	Household HouseholdView
	Viewer    Viewer
	Kept      map[string]Kept // of the other profiles

	Progress map[string]Progress // of who watches
	Choices  map[string]Choice   // by qualified id of the series or film
	Services []Service
	Accounts []Account // by service, in the order of ids
	Keys     Keys
	Health   []Problem // lasting problems of the box, by code
}

// Showing is the part of the State that belongs to a title, and ends with it:
// what is new there is new with each title, what is new beside it stays.
type Showing struct {
	Phase Phase
	Asked PlayRequested
	Hold  bool // a person wants the picture held

	Title    offer.Title
	Series   *offer.Title
	Next     *offer.Title
	Playback offer.Playback
	Origin   OriginOpened
	Channel  Channel       // live
	Status   player.Status // newest, in time of the title (Origin.Base added)
	Quality  Quality       // of the title that is on
	Held     time.Duration // the title is at hand up to here, without a gap
	Upstream *Problem      // the service does not deliver at present
	Problem  *Problem      // why the last title failed
	Away     *Problem      // why the player is away, until there is a picture again
	Outcome  Outcome       // of the last title; empty while one is on
	Lost     []time.Time   // when the player was lost lately, oldest first

	Rate   float64 // asked for the present title: 0.5 to 2
	Chosen Choice  // of the present title
	Tracks Tracks  // of the present title

	Focus  Focused // what the screen points at
	Coming Sign    // how near the next episode was last said to be
}

// showing is before anything was asked of a title.
func showing() Showing { return Showing{Rate: 1} }

// New is the State of a box that was just switched on.
func New(version string, demo bool) State {
	return State{
		Version: version, Demo: demo, Volume: 1, Showing: showing(), Progress: map[string]Progress{}, Choices: map[string]Choice{},
		Viewer: Viewer{ID: FirstProfile},
		TV:     TV{Power: cec.PowerUnknown, Link: cec.Link{Physical: cec.NoPhysical, Logical: cec.Unregistered}},
	}
}

// duration is the length of the title; 0 when live or not known.
func (s State) duration() time.Duration {
	if s.live() {
		return 0
	}
	if s.Origin.Duration > 0 {
		return s.Origin.Duration
	}
	return s.Status.Duration
}

func (s State) live() bool { return s.Origin.Live || s.Playback.Live }

// trims says that the title has to be opened anew for each seek, at the
// beginning of a segment: the player cannot seek in it.
func (s State) trims() bool { return s.Origin.FMP4 && !s.live() && !s.Player.Can.SeekFMP4 }

// pace is the rate the title is to run at. A channel runs at its own, and so
// does everything in a player that has no other.
func (s State) pace() float64 {
	if s.live() || !s.Player.Can.Rate {
		return 1
	}
	return s.Rate
}

// level is the volume the player is to have.
func (s State) level() float64 {
	if s.Muted {
		return 0
	}
	return s.Volume
}

// withChoice is s with one choice replaced.
func (s State) withChoice(id string, c Choice) State {
	m := maps.Clone(s.Choices)
	if m == nil {
		m = map[string]Choice{}
	}
	m[id] = c
	s.Choices = m
	return s
}

// withProgress is s with one position replaced.
func (s State) withProgress(id string, p Progress) State {
	m := maps.Clone(s.Progress)
	if m == nil {
		m = map[string]Progress{}
	}
	m[id] = p
	s.Progress = m
	return s
}
