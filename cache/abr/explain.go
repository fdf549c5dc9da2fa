package abr

import (
	"fmt"
	"strings"
)

// Explain says in one line why a choice was made, for who asks why the picture
// is as it is.
func (s Situation) Explain(c Choice) string {
	if c.Rung < 0 || c.Rung >= len(s.Ladder) {
		return "no rendition"
	}
	var b strings.Builder
	b.WriteString(s.Ladder[c.Rung].String())
	switch {
	case c.Over:
		b.WriteString(": every rendition is beyond a limit, this is the smallest")
	case c.Limit != NoReason:
		fmt.Fprintf(&b, ": limited by %s", c.Limit.phrase())
	default:
		fmt.Fprintf(&b, ": %s", c.Why.phrase())
	}
	if s.Link.Known() {
		fmt.Fprintf(&b, "; the link carries about %s", rateText(s.Link.Rate))
	}
	fmt.Fprintf(&b, ", %.0f s are held", s.Buffer.Seconds())
	return b.String()
}

// String is the rung as people say it: "720p, 2.1 Mb/s".
func (r Rung) String() string {
	if r.Height > 0 {
		return fmt.Sprintf("%dp, %s", r.Height, rateText(int(r.rate())))
	}
	return rateText(int(r.rate()))
}

func rateText(rate int) string {
	if rate < 1_000_000 {
		return fmt.Sprintf("%d kb/s", rate/1000)
	}
	return fmt.Sprintf("%.1f Mb/s", float64(rate)/1e6)
}

func (r Reason) phrase() string {
	switch r {
	case Cold:
		return "the link is not known yet, so the film begins small"
	case Beginning:
		return "the film is to begin at once"
	case Link:
		return "a better one would not last on this link"
	case Buffer:
		return "what is held allows more than the link does just now"
	case Damping:
		return "a better one is possible, but the picture was changed a moment ago"
	case Floor:
		return "no less is wanted"
	case Top:
		return "it is the best there is"
	case Emergency:
		return "the picture would stop with anything better"
	case Away:
		return "the network is away"
	case Display:
		return "the screen"
	case Protection:
		return "copy protection of the screen's cable"
	case Profile:
		return "the profile or what was paid for"
	case DataSaver:
		return "data saving"
	case Metered:
		return "a network that is paid by volume"
	case Player:
		return "what this box can decode"
	default:
		return "an unknown reason"
	}
}
