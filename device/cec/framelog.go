package cec

import (
	"fmt"
	"strings"
	"time"
)

// Entry is one line of a frame log: a frame that came, a frame that went and
// why, or something that was decided.
type Entry struct {
	At     time.Time `json:"at"`
	Out    bool      `json:"out,omitempty"`
	Frame  Frame     `json:"frame,omitzero"`
	Result Result    `json:"result,omitempty"` // of one that went; 0 while under way
	Why    Why       `json:"why,omitzero"`
	Note   string    `json:"note,omitempty"`

	id uint64
}

// Log keeps the newest entries. It holds no secret: CEC carries none, and text
// that other devices send is shown quoted. The zero Log keeps nothing; it is
// not safe for use by several goroutines.
type Log struct {
	ring []Entry
	next int
	full bool
}

// NewLog keeps the newest size entries.
func NewLog(size int) *Log { return &Log{ring: make([]Entry, size)} }

// Add takes an entry.
func (l *Log) Add(e Entry) {
	if len(l.ring) == 0 {
		return
	}
	l.ring[l.next] = e
	l.next = (l.next + 1) % len(l.ring)
	l.full = l.full || l.next == 0
}

// AddOut takes a frame that goes out; Settle completes it.
func (l *Log) AddOut(at time.Time, o Outgoing) {
	l.Add(Entry{At: at, Out: true, Frame: o.Frame, Why: o.Why, id: o.ID})
}

// Settle notes what became of the frame with that ID, if it is still kept.
func (l *Log) Settle(id uint64, r Result) {
	for i := range l.ring {
		if l.ring[i].Out && l.ring[i].id == id {
			l.ring[i].Result = r
		}
	}
}

// Entries are those kept, oldest first.
func (l *Log) Entries() []Entry {
	if !l.full {
		return append([]Entry(nil), l.ring[:l.next]...)
	}
	return append(append([]Entry(nil), l.ring[l.next:]...), l.ring[:l.next]...)
}

// String is one line of text, as a person attaches it to a report.
func (e Entry) String() string {
	var b strings.Builder
	b.WriteString(e.At.UTC().Format("15:04:05.000 "))
	switch {
	case e.Note != "":
		fmt.Fprintf(&b, "-- %s", e.Note)
	case e.Out:
		fmt.Fprintf(&b, "-> %s %s [%s; %s]", e.Frame, Describe(e.Frame), e.Why.Rule, e.Result)
	default:
		fmt.Fprintf(&b, "<- %s %s", e.Frame, Describe(e.Frame))
	}
	if e.Why.From != "" {
		fmt.Fprintf(&b, ", cause: %s", e.Why.From)
	}
	return b.String()
}

// Describe says in words what a frame is, such as "TV to everybody: Standby".
func Describe(f Frame) string {
	to := f.To().String()
	if f.To() == Broadcast {
		to = "everybody"
	}
	m, err := Parse(f)
	switch {
	case err != nil:
		return fmt.Sprintf("%v to %s: malformed %v", f.From(), to, f.Opcode())
	case m.Body == nil:
		return fmt.Sprintf("%v to %s: poll", f.From(), to)
	}
	return fmt.Sprintf("%v to %s: %v%s", f.From(), to, m.Body.opcode(), details(m.Body))
}

// details are the operands that help a reader.
func details(b Body) string {
	switch b := b.(type) {
	case FeatureAbort:
		return fmt.Sprintf(" of %v, reason %d", b.Of, b.Reason)
	case ReportPowerStatus:
		return " " + b.Power.String()
	case UserControlPressed:
		return " " + b.Code.String()
	case ActiveSource:
		return " " + b.At.String()
	case InactiveSource:
		return " " + b.At.String()
	case SetStreamPath:
		return " " + b.At.String()
	case RoutingInformation:
		return " " + b.At.String()
	case RoutingChange:
		return fmt.Sprintf(" %v to %v", b.Old, b.New)
	case ReportPhysicalAddress:
		return fmt.Sprintf(" %v, type %d", b.At, b.Type)
	case SetMenuLanguage:
		return fmt.Sprintf(" %q", b.Language)
	case SetOSDName:
		return fmt.Sprintf(" %q", b.Name)
	case DeviceVendorID:
		return " " + b.Vendor.String()
	case ReportAudioStatus:
		return fmt.Sprintf(" %d, muted %t", b.Volume, b.Muted)
	}
	return ""
}
