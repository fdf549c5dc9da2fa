package box

import (
	"time"

	"usher/device/remote"
	"usher/player"
)

// Effect is something the core wants done. Effects never block and never
// reply: what came of one arrives as an Event with its session number.
type Effect interface{ boxEffect() }

// Timer names a timer of the core. Setting a timer that runs starts it anew.
type Timer string

// The timers.
const (
	TimerResolve Timer = "resolve" // the service has answered by then
	TimerOpen    Timer = "open"    // a picture is there by then
	TimerRecover Timer = "recover" // a lost player is back by then
	TimerSave    Timer = "save"    // the running position is stored
	TimerTracks  Timer = "tracks"  // the tracks are read once more
)

// The effects.
type (
	// ResolvePlayback asks the service for a title. Answer: Resolved or Refused.
	ResolvePlayback struct {
		Session  uint64
		TitleID  string
		Progress map[string]Progress // to find the next unfinished episode of a series
	}
	// OpenOrigin prepares the loopback origin. Answer: OriginOpened or Refused.
	OpenOrigin struct {
		Session  uint64
		TitleID  string
		URL      string
		Live     bool
		At       time.Duration // live: begin at this programme time; 0 is live
		Anchor   LiveAnchor    // live: of the session before
		Pictures string        // URL of a list of pictures for winding; "" none known
		TrimFMP4 time.Duration // serve fMP4 segments from here on, for a player that cannot seek in them; 0 is the whole
		Audio    []string      // preferred languages, BCP 47
		Sound    string        // name of the rendition of sound a person chose; empty: by language
		Subtitle []string
	}
	// CloseOrigin ends the origin's session. No answer.
	CloseOrigin struct{ Session uint64 }
	// CommandPlayer passes a command to the player. What came of it arrives as PlayerChanged.
	CommandPlayer struct{ Command player.Command }
	// SaveProgress stores a position. Lasting is false for the running
	// position of a film (cheap, at most 1 s lost) and true when it must be
	// in the store for good (pause, stop, end).
	SaveProgress struct {
		Profile  string
		TitleID  string
		Progress Progress
		Lasting  bool
	}
	// SetTimer asks for a TimerFired after a while.
	SetTimer struct {
		Timer   Timer
		Session uint64
		After   time.Duration
	}
	// Expect says that a title may be started soon, or with SignStart that it
	// was. It is a hint to who fetches ahead, and may be ignored. An empty
	// TitleID means that nothing is pointed at any more. No answer.
	Expect struct {
		TitleID string
		Sign    Sign
		Wish    Wish
	}
	// EmitKey passes a key to the screen.
	EmitKey struct{ Key remote.Event }
)

func (ResolvePlayback) boxEffect() {}
func (OpenOrigin) boxEffect()      {}
func (CloseOrigin) boxEffect()     {}
func (CommandPlayer) boxEffect()   {}
func (SaveProgress) boxEffect()    {}
func (SetTimer) boxEffect()        {}
func (Expect) boxEffect()          {}
func (EmitKey) boxEffect()         {}
