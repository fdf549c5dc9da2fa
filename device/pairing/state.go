package pairing

import "time"

// Phase is how far a pairing is.
type Phase string

// The phases. Denied, Expired and Failed are ends that a person can begin
// again from.
const (
	Idle    Phase = "idle"    // nobody asked for a code, or took it back
	Asking  Phase = "asking"  // a code is being asked for
	Waiting Phase = "waiting" // the code is shown
	Paired  Phase = "paired"  // the tokens are stored
	Denied  Phase = "denied"  // a person said no on the phone
	Expired Phase = "expired" // nobody answered in time
	Failed  Phase = "failed"  // Reason says why
)

// Reason is why a pairing failed.
type Reason string

// The reasons.
const (
	Refused     Reason = "refused"     // the service refuses: State.Refusal has its error code
	Garbage     Reason = "garbage"     // the service's answer makes no sense, or its address is not its own
	Lost        Reason = "lost"        // the answer with the tokens was lost on the way
	Unsaved     Reason = "unsaved"     // the tokens could not be stored
	Downgraded  Reason = "downgraded"  // the tokens are not bound to the box's key
	Unreachable Reason = "unreachable" // no code within [AskFor]
)

// How long things last.
const (
	DefaultInterval = 5 * time.Second  // between polls, where the service says nothing (RFC 8628 section 3.2)
	SlowDown        = 5 * time.Second  // more, for good, with each slow_down (section 3.5)
	LongestBackOff  = time.Minute      // between tries while the network is away, unless the interval is longer
	LongestCode     = 30 * time.Minute // a code that would live longer ends here
	AskFor          = 15 * time.Minute // how long a code is asked for while the service is away
	lastTry         = 2 * time.Second  // before the end of a code a back-off is cut short for one more poll
)

// Code is what a person needs.
type Code struct {
	User     string        // to be typed, up to 32 characters
	URI      string        // where to type it, up to 128 characters
	Complete string        // the same with the code in it, for the QR code; "" where the service gives none
	Ends     time.Duration // when it ends, in monotonic time
}

// Shown is what the QR code holds.
func (c Code) Shown() string {
	if c.Complete != "" {
		return c.Complete
	}
	return c.URI
}

// State is one pairing with one service. The zero State is idle.
type State struct {
	Phase   Phase
	Run     uint64 // the number of the pairing, from 1
	Code    Code   // while Waiting, else empty
	Reason  Reason // of Failed
	Refusal string // the service's error code, of Refused
	Away    bool   // the last try did not reach the service; the next one is on its way
	Device  Secret // the device code, while Waiting; for Poll only. fmt would print an unexported one

	gap    time.Duration // between polls
	missed int           // tries in a row that did not reach the service
	next   time.Duration // when to try again
	ends   time.Duration // when to give up
	busy   bool          // an answer is outstanding
}

// active says whether there is something to wait for.
func (s State) active() bool { return s.Phase == Asking || s.Phase == Waiting }

// Event is what happened.
type Event interface{ event() }

type (
	// Begin is a person who wants to pair.
	Begin struct{}
	// Cancel is a person who does not any more.
	Cancel struct{}
	// Tick is time that passed. A superfluous one changes nothing.
	Tick struct{}
	// Asked is the answer to [Ask].
	Asked struct {
		Run    uint64
		Answer Answer // Pending for a good one
		Grant  Authorization
	}
	// Polled is the answer to [Poll]. Granted means that the tokens are on the
	// disk already.
	Polled struct {
		Run    uint64
		Answer Answer
	}
)

func (Begin) event()  {}
func (Cancel) event() {}
func (Tick) event()   {}
func (Asked) event()  {}
func (Polled) event() {}

// Effect is what to do. None blocks whoever calls Next; answers come back as
// events.
type Effect interface{ effect() }

type (
	// Ask asks the service for a code (RFC 8628 section 3.1).
	Ask struct{ Run uint64 }
	// Poll asks whether it was approved (section 3.4). The tokens of a good
	// answer must be on the disk before Polled is told.
	Poll struct {
		Run    uint64
		Device Secret
	}
	// Wake wants a Tick at a monotonic time; it takes the place of the one
	// before.
	Wake struct{ At time.Duration }
	// Forget wants the stored tokens revoked and wiped: they came after the
	// person had taken the pairing back.
	Forget struct{ Run uint64 }
)

func (Ask) effect()    {}
func (Poll) effect()   {}
func (Wake) effect()   {}
func (Forget) effect() {}
