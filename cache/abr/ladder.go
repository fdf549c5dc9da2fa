package abr

import (
	"time"

	"usher/cache/hls"
)

// Rung is one rendition of a ladder.
type Rung struct {
	Bandwidth     int // bit/s, the peak: BANDWIDTH of EXT-X-STREAM-INF
	Average       int // bit/s: AVERAGE-BANDWIDTH; 0 unknown
	Width, Height int // lines and columns; 0 unknown
	HDCP          HDCP
}

// RungOf is the rung of a variant. HDCP-LEVEL is the caller's to add.
func RungOf(v hls.Variant) Rung {
	return Rung{Bandwidth: v.Bandwidth, Average: v.AverageBandwidth, Width: v.Width, Height: v.Height}
}

// rate is what a segment of the rung takes in the mean, in bit/s, at least 1.
func (r Rung) rate() float64 {
	if r.Average > 0 {
		return float64(r.Average)
	}
	return float64(max(r.Bandwidth, 1))
}

// HDCP is HDCP-LEVEL of EXT-X-STREAM-INF (RFC 8216bis 4.4.6.2). As a limit it
// is what the output is protected with.
type HDCP uint8

// The levels, weakest first.
const (
	HDCPUnset HDCP = iota // as a limit: none; of a rung: needs none
	HDCPNone
	HDCPType0
	HDCPType1
)

// Reason says what decided.
type Reason uint8

// The reasons of a choice; those from Display on are also the reasons of limits.
const (
	NoReason   Reason = iota // as a limit: there is none
	Cold                     // nothing is known of the link yet
	Beginning                // the first segment is to be there at once
	Link                     // what the link carries
	Buffer                   // what is held allows more, or forces less, than the link
	Damping                  // better is possible, but not yet: no swinging
	Floor                    // the household or the operator wants no less
	Top                      // there is no better rung
	Emergency                // the buffer would run dry
	Away                     // the network is away: what comes first on its return
	Display                  // the screen shows no more lines
	Protection               // the output's HDCP level
	Profile                  // the profile or the entitlement
	DataSaver                // the household saves data
	Metered                  // the network is paid by volume
	Player                   // the player or the box decodes no more
	lastReason = Player
)

// String is the reason as one word for journals and metrics.
func (r Reason) String() string {
	names := [...]string{
		"none", "cold", "beginning", "link", "buffer", "damping", "floor", "top", "emergency", "away",
		"display", "hdcp", "profile", "data_saver", "metered", "player",
	}
	if int(r) >= len(names) {
		return "unknown"
	}
	return names[r]
}

// Limit forbids rungs. Fields that are zero forbid nothing.
type Limit struct {
	Why          Reason // Display and the reasons after it
	MaxHeight    int    // lines
	MaxBandwidth int    // bit/s, against Rung.Bandwidth
	MaxHDCP      HDCP
}

func (l Limit) allows(r Rung) bool {
	return (l.MaxHeight <= 0 || r.Height <= l.MaxHeight) &&
		(l.MaxBandwidth <= 0 || r.Bandwidth <= l.MaxBandwidth) &&
		(l.MaxHDCP == HDCPUnset || r.HDCP <= l.MaxHDCP)
}

// Situation is all that a decision depends on.
type Situation struct {
	// Ladder is rising in rate; between rungs of the same rate the better
	// picture comes last. It must not be empty.
	Ladder []Rung
	Limits []Limit
	// MinBandwidth is the quality floor, bit/s: rungs whose mean rate is below it
	// are taken only when the picture would stop otherwise. 0 is none.
	MinBandwidth int

	Link    Estimate
	Segment time.Duration // how long a segment is, about; 0 is taken as 4 s
	// Sizes[k][r] is what segment k from the next one on takes at rung r, in bit;
	// 0, and what is missing, is unknown and taken from the ladder.
	Sizes [][]int64

	Buffer time.Duration // media held without a gap from the playhead on
	Full   time.Duration // where reading ahead stops; 0 is taken as 30 s
	Room   int64         // bytes that may be held ahead of the player, whatever they last for; 0 is no bound
	Left   time.Duration // media from the next segment to the end of the title; 0 is unknown, or no end
	Last   int           // rung of the segment before; below 0 there was none
	// Since is how much media came since the last switch. Of a title that was
	// never switched it is what came altogether.
	Since time.Duration
	// Fell says that the last switch was to a lower rung.
	Fell bool
	// Away says that the network is away: the choice is for its return.
	Away bool
}

// Choice is a decision.
type Choice struct {
	Rung  int    // index into Ladder
	Why   Reason // what kept it from being higher, or from being lower
	Limit Reason // the limit that cut the ladder below what Why would allow; NoReason: none
	Over  bool   // every rung is forbidden, this is the lowest
}

// Transfer is a fetch under way.
type Transfer struct {
	Rung int
	Done int64         // bit that came
	Size int64         // bit of the whole; 0 unknown
	Took time.Duration // since it was asked for
}
