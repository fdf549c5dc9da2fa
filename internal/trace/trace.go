// Package trace makes OpenTelemetry traces of key presses: from where a key
// came in, through the loop and the core, to the player and to every screen,
// each step with its time. They are sent to a collector as OTLP/HTTP in JSON.
//
// It guarantees that nobody waits for it: steps are taken by value, a queue that
// is full drops whole traces and counts them, and sending happens in Run alone.
// A trace holds names of keys, kinds of effects and topics; never titles,
// addresses or who pressed. A nil Tracer does nothing, and costs a comparison.
package trace

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// window is how long after a press steps still belong to it.
	window = 2 * time.Second
	// stepsMost are kept of one press.
	stepsMost = 256
	// queueSize is how many traces wait to be sent.
	queueSize = 64
)

// Options are the parts of a Tracer.
type Options struct {
	Endpoint string // of the collector, such as http://127.0.0.1:4318; /v1/traces is put behind it
	Version  string // of the daemon
	Client   *http.Client
	Logger   *slog.Logger
}

// Tracer gathers the steps of the newest press.
type Tracer struct {
	o       Options
	queue   chan *press
	dropped atomic.Uint64

	mu  sync.Mutex
	now *press
}

// press is one trace.
type press struct {
	id    [16]byte
	root  [8]byte
	name  string
	begin time.Time
	attrs []string
	steps []step
	timer *time.Timer
}

// step is one span below the press.
type step struct {
	id         [8]byte
	name       string
	begin, end time.Time
	attrs      []string
}

// New makes a Tracer that has yet to Run.
func New(o Options) *Tracer {
	o.Endpoint = strings.TrimRight(o.Endpoint, "/") + "/v1/traces"
	return &Tracer{o: o, queue: make(chan *press, queueSize)}
}

// Press begins a trace; the one before ends. at is when the key came in, attrs
// are names and values in turn.
func (t *Tracer) Press(name string, at time.Time, attrs ...string) {
	if t == nil {
		return
	}
	p := &press{name: name, begin: at, attrs: attrs}
	_, _ = rand.Read(p.id[:]) // never fails (crypto/rand)
	_, _ = rand.Read(p.root[:])
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finish(t.now)
	t.now = p
	p.timer = time.AfterFunc(window, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.finish(p)
	})
}

// Step tells of something that took from begin to end. Without a press in the
// last two seconds it is forgotten.
func (t *Tracer) Step(name string, begin, end time.Time, attrs ...string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now == nil || len(t.now.steps) >= stepsMost {
		return
	}
	s := step{name: name, begin: begin, end: end, attrs: attrs}
	_, _ = rand.Read(s.id[:])
	t.now.steps = append(t.now.steps, s)
}

// finish hands a press over to Run. The caller holds the lock.
func (t *Tracer) finish(p *press) {
	if p == nil || p != t.now {
		return
	}
	p.timer.Stop()
	t.now = nil
	select {
	case t.queue <- p:
	default:
		t.dropped.Add(1)
	}
}

// Dropped is how many traces could not be kept or sent.
func (t *Tracer) Dropped() uint64 {
	if t == nil {
		return 0
	}
	return t.dropped.Load()
}
