package box

import (
	"time"

	"usher/device/remote"
	"usher/internal/offer"
	"usher/player"
)

// Event is something that happened. Intents come from people (a page, the
// command line, a remote); answers come from edges and carry the session
// number of the effect they answer.
type Event interface{ boxEvent() }

// From says where a title begins.
type From uint8

// The places to begin.
const (
	FromResume   From = iota // where it was left, or the beginning
	FromStart                // the beginning
	FromPosition             // PlayRequested.Position
)

// Intents of people.
type (
	// PlayRequested asks for a title. A series means its next unfinished episode.
	PlayRequested struct {
		TitleID  string // qualified: "service:id"
		From     From
		Position time.Duration // with FromPosition
		By       Source
	}
	// PauseRequested holds the picture.
	PauseRequested struct{}
	// ResumeRequested continues.
	ResumeRequested struct{}
	// ToggleRequested pauses or continues.
	ToggleRequested struct{}
	// StopRequested ends the title and stores its position.
	StopRequested struct{}
	// SeekRequested moves the position: to To, by By from where it is, or by
	// so many chapters.
	SeekRequested struct {
		To       time.Duration
		By       time.Duration
		Relative bool
		Chapters int // 0: by time
	}
	// NextRequested goes to the next episode.
	NextRequested struct{}
	// SkipRequested is what the keys for the next one and the one before mean
	// (skipMeans decides it).
	SkipRequested struct {
		Back bool
	}
	// VolumeRequested sets the volume to Level, changes it by By, or mutes.
	VolumeRequested struct {
		Level  float64 // 0 to 1
		By     float64
		Change VolumeChange
	}
	// RateRequested sets how fast the title runs, until its end: 1 is normal,
	// less than 0.5 is taken for 0.5 and more than 2 for 2.
	RateRequested struct{ Rate float64 }
	// KeyPressed is a key of any remote.
	KeyPressed struct {
		Key  remote.Event
		By   Source // "" may not light a television
		Held bool   // of the page or the command line: its release follows, as those of remotes do
	}
	// Focused says what the screen points at: a title, and which of SignTile,
	// SignDetails, SignHero, SignContinue and SignCountdown speaks for it. No
	// title means that the focus is on something else.
	Focused struct {
		TitleID string // qualified: "service:id"; "" none
		Sign    Sign
		Secret  bool // a PIN or a password is being entered: see Recorded
	}
)

// VolumeChange says which kind of change a VolumeRequested is.
type VolumeChange uint8

// The kinds of volume change.
const (
	VolumeSet VolumeChange = iota
	VolumeStep
	VolumeMute
	VolumeUnmute
	VolumeToggleMute
)

// Answers of edges.
type (
	// Resolved answers ResolvePlayback.
	Resolved struct {
		Session  uint64
		Title    offer.Title  // what will be seen
		Series   *offer.Title // its series, for an episode
		Next     *offer.Title // the episode after it, if there is one
		Playback offer.Playback
	}
	// OriginOpened answers OpenOrigin.
	OriginOpened struct {
		Session   uint64
		URL       string        // loopback URL for the player
		Duration  time.Duration // 0 when live
		Live      bool
		Window    LiveWindow    // live
		Trickplay *Trickplay    // nil: nothing to show while winding
		FMP4      bool          // CMAF / fragmented MP4 segments
		Base      time.Duration // the playlist was trimmed: position 0 of the player is Base of the title; live: its programme time
		Rendition Rendition
		Captions  []player.Captions
		Sounds    []Sound // renditions of sound apart from the picture; fewer than two: nothing to choose
	}
	// Refused answers ResolvePlayback or OpenOrigin when it could not be done.
	Refused struct {
		Session uint64
		Problem Problem
	}
	// UpstreamTrouble says that the service does not deliver the present
	// title (Problem set) or does again (Problem nil).
	UpstreamTrouble struct {
		Session uint64
		Problem *Problem
	}
	// OriginHolds says up to where the present title is at hand without a gap;
	// of a live channel that is a programme time.
	OriginHolds struct {
		Session uint64
		Until   time.Duration
	}
	// PlayerChanged carries what the player reported.
	PlayerChanged struct{ Event player.Event }
	// TimerFired answers SetTimer.
	TimerFired struct {
		Timer   Timer
		Session uint64
	}
	// ServiceSeen says how a service stands.
	ServiceSeen struct{ Service Service }
	// ProgressLoaded gives the stored positions at start.
	ProgressLoaded struct{ Progress map[string]Progress }
	// HealthChanged sets (Problem not nil) or clears a lasting problem of the box.
	HealthChanged struct {
		Code    string
		Problem *Problem
	}
)

func (PlayRequested) boxEvent()   {}
func (PauseRequested) boxEvent()  {}
func (ResumeRequested) boxEvent() {}
func (ToggleRequested) boxEvent() {}
func (StopRequested) boxEvent()   {}
func (SeekRequested) boxEvent()   {}
func (NextRequested) boxEvent()   {}
func (SkipRequested) boxEvent()   {}
func (VolumeRequested) boxEvent() {}
func (RateRequested) boxEvent()   {}
func (KeyPressed) boxEvent()      {}
func (Focused) boxEvent()         {}
func (Resolved) boxEvent()        {}
func (OriginOpened) boxEvent()    {}
func (Refused) boxEvent()         {}
func (UpstreamTrouble) boxEvent() {}
func (OriginHolds) boxEvent()     {}
func (PlayerChanged) boxEvent()   {}
func (TimerFired) boxEvent()      {}
func (ServiceSeen) boxEvent()     {}
func (ProgressLoaded) boxEvent()  {}
func (HealthChanged) boxEvent()   {}
