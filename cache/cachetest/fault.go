package cachetest

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// FaultKind is a way to misbehave.
type FaultKind uint8

// The ways.
const (
	Cut     FaultKind = iota // close the connection after Fault.After bytes
	Stall                    // send After bytes, then nothing until Fault.Until is closed
	Status                   // answer Fault.Status
	Portal                   // answer 200 with the HTML page of a captive portal
	Drip                     // send in pieces of After bytes with Fault.Every between them
	Refuse                   // close the connection without an answer
	NoRange                  // ignore Range and answer 200
	Move                     // redirect to Fault.To
)

// Fault is one misbehaviour. It is used up after Times requests.
type Fault struct {
	Kind   FaultKind
	Path   string // a path that begins with it is hit
	Times  int    // 0: until Heal
	After  int
	Status int
	Until  <-chan struct{}
	Every  time.Duration
	To     string
	Header http.Header // added to the answer
}

// Misbehave adds a fault. The oldest that fits a request is used.
func (o *Origin) Misbehave(f Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, &f)
}

// Heal removes all faults.
func (o *Origin) Heal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = nil
}

// fault picks the one for a path. The caller holds mu.
func (o *Origin) fault(path string) *Fault {
	for i, f := range o.faults {
		if !strings.HasPrefix(path, f.Path) {
			continue
		}
		copied := *f
		if f.Times--; f.Times == 0 {
			o.faults = append(o.faults[:i:i], o.faults[i+1:]...)
		} else if f.Times < 0 {
			f.Times = 0
		}
		return &copied
	}
	return nil
}

// apply answers in the place of the origin (nil), or gives a writer that
// spoils the answer.
func (f *Fault) apply(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	for k, v := range f.Header {
		w.Header()[k] = v
	}
	switch f.Kind {
	case Status:
		http.Error(w, http.StatusText(f.Status), f.Status)
	case Portal:
		w.Header().Del("ETag")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!DOCTYPE html><html><title>Welcome to the hotel</title></html>")) // the reader may leave
	case Refuse:
		panic(http.ErrAbortHandler)
	case Move:
		http.Redirect(w, r, f.To, http.StatusFound)
	case NoRange:
		r.Header.Del("Range")
		return w
	default:
		return &spoiled{ResponseWriter: w, f: f, r: r}
	}
	return nil
}

// spoiled is the writer of Cut, Stall and Drip.
type spoiled struct {
	http.ResponseWriter
	f *Fault
	r *http.Request
	n int
}

func (s *spoiled) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		piece := p[:min(len(p), max(s.f.After-s.n, 0))]
		n, err := s.ResponseWriter.Write(piece)
		written, s.n, p = written+n, s.n+n, p[n:]
		if err != nil {
			return written, err
		}
		if s.n >= s.f.After && len(p) > 0 {
			s.spoil()
		}
	}
	return written, nil
}

// spoil is reached when After bytes were sent.
func (s *spoiled) spoil() {
	http.NewResponseController(s.ResponseWriter).Flush() // an error means that the reader left
	switch s.f.Kind {
	case Cut:
		panic(http.ErrAbortHandler)
	case Stall:
		select {
		case <-s.f.Until:
			s.f.After = math.MaxInt
		case <-s.r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	case Drip:
		s.n = 0
		select {
		case <-time.After(s.f.Every):
		case <-s.r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}
