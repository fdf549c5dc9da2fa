package phone

import (
	"time"

	"usher/internal/qr"
)

// View is how everything stands.
type View struct {
	Allowed bool
	On      bool
	Window  *WindowView // nil: no code is shown
	Ended   Ending      // how the last one was closed; "" none was, or one is open
	Phones  []Entry     // in the order in which they came
	Hosts   []string    // host:port, the best in front; none while the box does not listen
	Trouble string      // why it does not listen although it should: "network" or "port"
}

// WindowView is a code that is shown.
type WindowView struct {
	Code  string
	URI   string  // of the page, with the code in its fragment, which no browser sends; "" while the box does not listen
	QR    qr.Code // of the URI
	Until time.Time
	Left  int // tries
}

// Entry is one phone that was let in.
type Entry struct {
	ID     string
	Name   string // as it calls itself; may be empty
	Paired time.Time
	Seen   time.Time // to the hour
	Here   bool
}

// View gives how everything stands now.
func (p *Phones) View() View {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := View{Allowed: p.allowed, On: p.kept.On && p.allowed, Ended: p.ended, Hosts: p.hosts, Trouble: p.trouble}
	here := map[string]bool{}
	for l := range p.links {
		here[l.id] = true
	}
	for _, m := range p.kept.Phones {
		v.Phones = append(v.Phones, Entry{
			ID: m.ID, Name: m.Name, Paired: time.UnixMilli(m.PairedMS), Seen: time.UnixMilli(m.SeenMS), Here: here[m.ID],
		})
	}
	if w := p.window; w != nil {
		v.Window = w.view(p.hosts)
	}
	v.On = v.On && (v.Window != nil || len(v.Phones) > 0)
	return v
}

func (w *window) view(hosts []string) *WindowView {
	v := &WindowView{Code: w.code, Until: w.until, Left: w.left}
	if len(hosts) == 0 {
		return v
	}
	uri := "http://" + hosts[0] + "/#" + w.code
	if code, err := qr.Of(uri); err == nil {
		v.URI, v.QR = uri, code
	}
	return v
}
