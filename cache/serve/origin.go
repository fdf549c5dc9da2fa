package serve

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// The defaults of [Options].
const (
	DefaultStartBandwidth = 3_500_000 // bit/s
	DefaultMaxHeight      = 1080      // lines
	DefaultHold           = 120 * time.Second
	DefaultRetry          = 250 * time.Millisecond
	DefaultConnections    = 6
)

// Options configure an origin. Store and Base are required.
type Options struct {
	Store *cache.Cache
	Base  string // what players reach it at, such as "http://127.0.0.1:8788"
	// Transport fetches from services; nil is one that refuses private
	// addresses. A transport given here must refuse them itself.
	Transport http.RoundTripper
	Logger    *slog.Logger
	// Notify learns of trouble of a session and, with nil, of its end. Calls
	// for one session come one after the other. It must not block.
	Notify func(tag uint64, t *Trouble)
	// Live learns how far the window of a session's live channel reaches: after
	// the player began, and when the window moves otherwise than with the
	// clock. It must not block.
	Live func(tag uint64, w Window)
	// Waiting is called when a player begins to wait for a service. It must
	// not block.
	Waiting func()
	// AllowPrivate permits services on private and loopback addresses. A title
	// from a public address still cannot lead to a private one.
	AllowPrivate bool
	// Pages are the web origins of Usher's own page, which alone may read the
	// pictures for winding (CORS).
	Pages          []string
	UserAgent      string
	StartBandwidth int           // bit/s: the rung to begin with, when a request names none
	MaxHeight      int           // lines, when a request names none
	Hold           time.Duration // how long a player's request is held while the service is away
	Retry          time.Duration // first wait between two tries; later ones grow to twenty times this
	Limits         hls.Limits
	// Ended gets the account of a film whose session ended. Like Notify it must
	// not block.
	Ended func(tag uint64, r Report)
	// Ahead is how far ahead of the player a film is read; 0 is not at all.
	Ahead time.Duration
	// Held learns how far a film is at hand without a gap, as a position in the
	// title, about once a second; of a live channel, with every segment that the
	// player was given, as a programme time. Like Notify it must not block.
	Held        func(tag uint64, until time.Duration)
	Connections int // requests at a time to one service; prefetching leaves one free, or yields
	// Tokens names, by suffix of the host ("cdn.example.com", "example.com"),
	// the query parameters that only sign a URL: the cache finds an object
	// again under another signature. Nil values switch guessing off for a host.
	Tokens map[string][]string
}

// Origin is the loopback origin. It is an http.Handler.
type Origin struct {
	o      Options
	log    *slog.Logger
	base   *url.URL
	hosts  map[string]bool // that a request may name
	secret [32]byte        // ids are made with it

	public  http.RoundTripper
	private http.RoundTripper

	mu       sync.RWMutex
	serial   uint64 // of the newest session
	sessions map[uint64]*session
	links    map[string]*link // by URL
	kits     []*kit           // of Prefetch, the newest last
	targets  map[string]target
	closed   bool
	wg       sync.WaitGroup // goroutines of all sessions

	succession sync.Mutex // of sessions of one tag; taken before mu

	proving sync.Mutex
	proofs  map[cache.Key]proof

	kitBytes atomic.Int64 // fetched for kits and not reported yet
	missed   atomic.Int64 // Unix nanoseconds: when a player last had to wait for a service

	meter   linkMeter
	metered atomic.Bool
	height  atomic.Int64 // lines; 0 is o.MaxHeight
	resting atomic.Bool
	budget  *budget
	pulling sync.Mutex
	ahead   map[cache.Key]*pull // what is being prefetched
}

// target is what an id stands for.
type target interface {
	owner() *session
	serve(w http.ResponseWriter, r *http.Request)
}

var errClosed = errors.New("the session ended")

// New makes an origin. It panics when Base is not an absolute URL.
func New(o Options) *Origin {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || o.Store == nil {
		panic("serve.New: Base and Store are required")
	}
	o = o.withDefaults()
	g := &Origin{
		o: o, log: o.Logger, base: base, hosts: hostsOf(base),
		public: o.Transport, private: o.Transport,
		sessions: map[uint64]*session{}, links: map[string]*link{}, targets: map[string]target{},
		proofs: map[cache.Key]proof{}, budget: newBudget(o.Connections), ahead: map[cache.Key]*pull{},
	}
	if o.Transport == nil {
		g.public, g.private = newTransport(false, o.Connections), newTransport(true, o.Connections)
	}
	rand.Read(g.secret[:]) // never fails (Go 1.24)
	return g
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Waiting == nil {
		o.Waiting = func() {}
	}
	if o.Notify == nil {
		o.Notify = func(uint64, *Trouble) {}
	}
	if o.Live == nil {
		o.Live = func(uint64, Window) {}
	}
	if o.UserAgent == "" {
		o.UserAgent = "Usher/1"
	}
	if o.StartBandwidth <= 0 {
		o.StartBandwidth = DefaultStartBandwidth
	}
	if o.MaxHeight <= 0 {
		o.MaxHeight = DefaultMaxHeight
	}
	if o.Hold <= 0 {
		o.Hold = DefaultHold
	}
	if o.Connections <= 0 {
		o.Connections = DefaultConnections
	}
	if o.Retry <= 0 {
		o.Retry = DefaultRetry
	}
	return o
}

// hostsOf are the values of Host that reach this machine's own loopback: any
// other name means that a web page made the browser ask (DNS rebinding).
func hostsOf(base *url.URL) map[string]bool {
	port := base.Port()
	if port == "" {
		port = "80"
	}
	m := map[string]bool{base.Host: true}
	for _, h := range []string{"127.0.0.1", "localhost", "[::1]"} {
		m[h+":"+port] = true
		if port == "80" {
			m[h] = true
		}
	}
	return m
}

// ServeHTTP implements http.Handler.
func (g *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case !g.hosts[strings.ToLower(r.Host)]:
		http.Error(w, "This address serves 127.0.0.1 only.", http.StatusMisdirectedRequest)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD.", http.StatusMethodNotAllowed)
		return
	}
	t := g.find(r.URL.Path)
	if t == nil {
		http.NotFound(w, r)
		return
	}
	s := t.owner()
	s.enter()
	defer s.exit()
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		rec := &recorder{ResponseWriter: w, began: time.Now()}
		defer rec.log(s, r)
		w = rec
	}
	t.serve(w, r)
}

// find is the target of /s/<id>/<name>. The name is for players, which look
// at its extension.
func (g *Origin) find(path string) target {
	rest, ok := strings.CutPrefix(path, "/s/")
	if !ok {
		return nil
	}
	id, _, ok := strings.Cut(rest, "/")
	if !ok {
		return nil
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.targets[id]
}

// id makes the id of something in a session: it cannot be guessed, and it is
// the same each time a playlist is read again.
func (g *Origin) id(parts ...string) string {
	m := hmac.New(sha256.New, g.secret[:])
	for _, p := range parts {
		m.Write([]byte(p))
		m.Write([]byte{0})
	}
	sum := m.Sum(nil)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}

// Close ends a session: its URLs are gone and its fetching stops. It does not
// wait. An unknown tag is no error.
func (g *Origin) Close(tag uint64) {
	g.mu.Lock()
	s := g.sessions[tag]
	delete(g.sessions, tag)
	g.mu.Unlock()
	if s != nil {
		s.close()
	}
}

// Shutdown ends all sessions and links and waits for their goroutines.
// Requests that are being answered end with an error; the origin opens nothing
// afterwards.
func (g *Origin) Shutdown() {
	g.mu.Lock()
	g.closed = true
	var all []*session
	for _, s := range g.sessions {
		all = append(all, s)
	}
	for _, l := range g.links {
		all = append(all, l.s)
	}
	for _, k := range g.kits {
		all = append(all, k.s)
	}
	g.sessions, g.links, g.kits = map[uint64]*session{}, map[string]*link{}, nil
	g.mu.Unlock()
	for _, s := range all {
		if s != nil { // of a link that is not there yet
			s.close()
		}
	}
	g.wg.Wait()
	for _, rt := range []http.RoundTripper{g.public, g.private} {
		if t, ok := rt.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
	}
}
