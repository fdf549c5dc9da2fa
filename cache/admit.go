package cache

// Purpose says why an object is fetched. Where two meet in one fetch, the
// greater one counts.
type Purpose uint8

// The purposes of a fetch.
const (
	Watch    Purpose = iota // a reader waits for it
	Ahead                   // read-ahead of what is being watched
	Kit                     // the start of something that may be watched soon
	Download                // somebody asked for it to be kept
)

// Why says why an object was written to disk, or why it was not.
type Why uint8

// The reasons, those for writing first.
const (
	WhyPinned   Why = iota // it is pinned
	WhyDownload            // it was asked for
	WhyKept                // of a class that is small and used again and again
	WhyKit                 // a start kit
	WhyWindow              // memory is too short for the outage window
	WhyStreamed            // film on its way through: not worth the wear
	WhySecret              // keys are never written
	WhyNoStore             // the service said no-store
	WhyTooLarge            // larger than the disk's budget
	WhyWorn                // what may be written for now is used up
	WhyNoDisk              // there is no disk
	WhyResting             // the disk failed a short time ago
	whyEnds
)

var whyNames = [whyEnds]string{
	"pinned", "download", "kept", "kit", "window",
	"streamed", "key", "no-store", "too large", "worn", "no disk", "resting",
}

// String is the name used in statistics.
func (w Why) String() string {
	if w < whyEnds {
		return whyNames[w]
	}
	return "unknown"
}

// Writes says whether the reason is one for writing.
func (w Why) Writes() bool { return w < WhyStreamed }

// candidate is an object that might be written to disk.
type candidate struct {
	class    Class
	purpose  Purpose
	size     int64 // bytes
	volatile bool
	pinned   bool
}

// means is what the disk can take at the moment.
type means struct {
	disk      bool // there is one
	resting   bool // it failed a short time ago
	kept      Classes
	short     bool  // memory does not hold the outage window
	budget    int64 // bytes
	allowance int64 // bytes that may be written for now; see wear
}

// admit decides whether an object is worth the wear of the flash. What a
// person asked for is written whatever it costs; so is the outage window of a
// box with too little memory, which was configured so. The rest shares the
// allowance.
func admit(c candidate, m means) Why {
	why := merit(c, m)
	switch {
	case c.class == Secret:
		return WhySecret
	case c.volatile:
		return WhyNoStore
	case !why.Writes():
		return why
	case !m.disk:
		return WhyNoDisk
	case c.size > m.budget:
		return WhyTooLarge
	case m.resting:
		return WhyResting
	case (why == WhyKept || why == WhyKit) && c.size > m.allowance:
		return WhyWorn
	}
	return why
}

// merit is why an object would be written if nothing spoke against it.
func merit(c candidate, m means) Why {
	switch {
	case c.pinned:
		return WhyPinned
	case c.purpose == Download:
		return WhyDownload
	case m.kept.Has(c.class):
		return WhyKept
	case c.purpose == Kit:
		return WhyKit
	case m.short && c.class == Media && c.purpose <= Ahead:
		return WhyWindow
	}
	return WhyStreamed
}
