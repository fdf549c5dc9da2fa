package ui

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/ui/schema"
)

// core is the box that the bridge shows and commands.
type core interface {
	// Submit passes an intent. It never blocks. Nil means that the intent was
	// accepted; what came of it is seen in the View.
	Submit(box.Event) *box.Problem
	// View is the newest state. The maps and slices in it are never changed
	// afterwards.
	View() box.View
	// Changed has a token after the view changed; tokens are merged. Run is
	// its only receiver.
	Changed() <-chan struct{}
	// Keys delivers every key meant for the screen. Run is its only receiver.
	Keys() <-chan remote.Event
}

// catalogue looks titles up. All ids in and out are qualified (service:id).
// An error may be a *box.Problem, whose text then reaches the client. Calls
// may block until their context ends.
type catalogue interface {
	Services() []box.Service
	Catalogue(ctx context.Context, service string) (offer.Catalogue, error)
	Title(ctx context.Context, id string) (offer.Title, error)
	Search(ctx context.Context, query, lang string, limit int) ([]offer.Title, error)
	// Knows says whether the viewer may know of a title that is there. It must
	// not block.
	Knows(id string) bool
	// Art is a picture of a title; kind is "poster" or "backdrop".
	Art(ctx context.Context, titleID, kind string) (data []byte, contentType string, err error)
}

// doctor checks the box. Check may block until its context ends.
type doctor interface {
	Check(ctx context.Context) []Check
}

// Check is one finding of the doctor.
type Check struct {
	Name     string   `json:"name"` // short, lower case, such as "player"
	OK       bool     `json:"ok"`
	Severity Severity `json:"severity"`
	Text     string   `json:"text"` // what was found, English
	Hint     string   `json:"hint"` // the next step, English; empty when ok
}

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	SeverityOK      Severity = "ok"
	SeverityWarning Severity = "warning" // works, with less
	SeverityError   Severity = "error"   // somebody must act
)

// Options are the parts of a Bridge. Box, Catalogue, Token and Port (or Hosts)
// are required.
type Options struct {
	Box       core
	Catalogue catalogue
	Doctor    doctor          // nil: system.doctor gives no checks
	Explainer explainer       // nil: system.why gives no reasons
	Cache     segments        // nil: the methods of the cache say that there is none
	Remotes   Remotes         // nil: the daemon reads none itself
	Household Household       // nil: nothing can be chosen
	Insights  Insights        // nil: nothing is told to services
	Sales     Sales           // nil: nothing is sold
	Profiles  profiles        // nil: the methods of profiles say that there are none
	TV        TV              // nil: a real television, whose remote the bridge cannot press
	Phones    Phones          // nil: none act as remotes
	PhonePage fs.FS           // the page of phones; nil: no page
	Files     fs.FS           // the page: index.html and its assets; nil: no page
	Version   string          // of the daemon
	Port      int             // of the TCP listener: Host may be 127.0.0.1, localhost or [::1] with this port
	Media     string          // web origin of the media server, whose pictures for winding the page shows; empty: none
	Hosts     []string        // instead of Port: the exact Host values allowed
	Token     string          // that the page must show; see NewToken
	Logger    *slog.Logger    // nil: nothing is logged
	Metrics   func() []Metric // more for GET /metrics; must not block
	Health    func() error    // nil or an error that makes GET /healthz answer 503; must not block
	// Journal is what usher replay reads, of the last events; 0 is all. nil: none.
	Journal func(last int) (string, error)
	// WiFi is the box's; nil: it is not Usher's to see to.
	WiFi WiFi
	// Passphrases keeps those of networks until the box asks for them; nil: nobody
	// does.
	Passphrases passphrases
	// Site takes installers' bundles; nil: it cannot from here.
	Site Site
	// Wiper hands the box over; nil: it cannot be from here.
	Wiper Wiper
	// Firmware is how the slots stand; it must not block. nil: the box has none.
	Firmware func() FirmwareStatus
	// Trace is told when topics are told and clients written to; nil: nobody.
	Trace tracer
	// Caller names the role of who opened the unix socket, by the context of the
	// request: "local", "installer" or "oem"; "" is refused. nil: all are "local".
	Caller func(context.Context) string
}

// Bridge serves the local API. Make one with New, serve Screen and Local, and
// call Run once.
type Bridge struct {
	box       core
	catalogue catalogue
	doctor    doctor
	explainer explainer
	cache     segments
	remotes   Remotes
	household Household
	firmware  func() FirmwareStatus
	people    profiles
	encoded   encoded
	sales     Sales
	wiper     Wiper
	site      Site
	wifi      WiFi
	tickets   passphrases
	insights  Insights
	phones    Phones
	shown     map[string]box.Progress // as it was published last; Run only
	tv        TV
	version   string
	token     string
	hosts     []string
	media     string
	logger    *slog.Logger
	metrics   func() []Metric
	health    func() error
	caller    func(context.Context) string
	recorder  func(last int) (string, error)
	trace     tracer

	limits   limits
	doc      *schema.Document
	calls    *dispatcher
	hub      *hub
	assets   map[string]asset
	handheld map[string]asset // the page of phones
	upgrader websocket.Upgrader
	lockouts *lockouts
	art      chan struct{} // one token for each picture being fetched
	started  time.Time
	counts   counts

	ready     chan struct{} // closed when Run has published the first state
	mu        sync.Mutex    // guards what follows
	ctx       context.Context
	open      map[string]int // clients by the door they came in by
	strangers []*stranger    // oldest first
	conns     sync.WaitGroup
	ended     bool
}

// counts are for GET /metrics.
type counts struct{ calls, events, dropped, denied atomic.Uint64 }

// NewToken mints a session token of 256 random bits.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// New makes a Bridge. It reads the page's files and starts nothing.
func New(o Options) (*Bridge, error) {
	switch {
	case o.Box == nil || o.Catalogue == nil:
		return nil, errors.New("make bridge: Box and Catalogue are required")
	case len(o.Token) < 32:
		return nil, errors.New("make bridge: the token has fewer than 32 characters; use NewToken")
	case o.Port == 0 && len(o.Hosts) == 0:
		return nil, errors.New("make bridge: Port or Hosts is required")
	}
	doc, err := schema.Load()
	if err != nil {
		return nil, err
	}
	assets, err := readAssets(o.Files, o.Token)
	if err != nil {
		return nil, err
	}
	handheld, err := readAssets(o.PhonePage, "")
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Caller == nil {
		o.Caller = func(context.Context) string { return "local" }
	}
	lim := defaults()
	b := &Bridge{
		box: o.Box, catalogue: o.Catalogue, doctor: o.Doctor, explainer: o.Explainer, cache: o.Cache, remotes: o.Remotes, household: o.Household, people: o.Profiles, sales: o.Sales, insights: o.Insights, phones: o.Phones, wiper: o.Wiper, site: o.Site, wifi: o.WiFi, tickets: o.Passphrases, tv: o.TV,
		version: o.Version, token: o.Token, hosts: hosts(o), media: o.Media, logger: o.Logger, metrics: o.Metrics, health: o.Health, caller: o.Caller, recorder: o.Journal, firmware: o.Firmware, trace: o.Trace,
		limits: lim, doc: doc, hub: newHub(rand.Text()[:12]), assets: assets, handheld: handheld,
		lockouts: newLockouts(), art: make(chan struct{}, lim.art), started: time.Now(),
		ready: make(chan struct{}), open: map[string]int{},
		upgrader: websocket.Upgrader{
			HandshakeTimeout: lim.write, WriteBufferSize: 4096, // reads are buffered by what the HTTP server had
			WriteBufferPool: new(sync.Pool), Subprotocols: []string{Protocol},
			// The guard has compared the Origin with the list already.
			CheckOrigin: func(*http.Request) bool { return true },
		},
	}
	b.calls, err = newDispatcher(doc, b.methods(), lim, o.Logger)
	return b, err
}

// Protocol is the WebSocket sub-protocol: the major version of the API. The
// minor one is pinned by session.hello.
const Protocol = "usher.v1"

func hosts(o Options) []string {
	if len(o.Hosts) > 0 {
		return slices.Clone(o.Hosts)
	}
	list := []string{}
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]"} {
		list = append(list, name+":"+strconv.Itoa(o.Port))
		if o.Port == 80 { // browsers leave the default port out
			list = append(list, name)
		}
	}
	return list
}

// Run publishes the box's state and keys until ctx ends, then closes every
// connection and waits for it. Call it once.
func (b *Bridge) Run(ctx context.Context) error {
	// Not ended by ctx itself: clients are told why.
	conns, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer b.conns.Wait()
	defer cancel(&closing{code: websocket.CloseGoingAway, text: "Usher ends"})
	defer b.end()

	last := b.box.View()
	b.publish(last, nil)
	phones := b.publishPhones()
	b.publishSettings()
	b.mu.Lock()
	b.ctx = conns
	b.mu.Unlock()
	close(b.ready)

	keys, chosen := b.box.Keys(), b.settingsChanged()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-b.box.Changed():
			if !ok {
				return errors.New("bridge: the box ended")
			}
			view := b.box.View()
			b.publish(view, &last)
			last = view
		case <-chosen:
			b.publishSettings()
		case key, ok := <-keys:
			if !ok {
				keys = nil // no more keys; the state goes on
				continue
			}
			b.publishKey(key)
		case <-phones:
			b.publishPhones()
		}
	}
}

// end refuses connections from now on.
func (b *Bridge) end() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
}
