package office

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/shelf"
	"usher/cmd/boxoffice/till"
	"usher/cmd/boxoffice/viewers"
)

// Options are what an Office may be told. The zero value is a closed house in
// its home country with the default streams folder.
type Options struct {
	// Streams is the folder make-streams.sh made. Default: DefaultStreams().
	Streams string
	// Name is what people read. Default: "Lantern Pictures".
	Name string
	// Country is where the service is at home, ISO 3166-1 alpha-2, and what a
	// request that names none means. Default: "DE".
	Country string
	// OpenHouse treats every box as entitled to everything inside its window
	// and territory, paired or not. Otherwise only free titles play unpaired, and
	// the others for households that pay.
	OpenHouse bool
	// Titles makes up as many titles as are missing to this number, for seeing
	// how boxes do with many. Default: those of the embedded catalogue.
	Titles int
	// LiveWindow is how far back the live channels can be wound; 0 is 150
	// segments. It is at least six segments.
	LiveWindow time.Duration
	// Shelf is where households, boxes and purchases are kept. Default: in
	// memory.
	Shelf *shelf.Shelf
	// Public is the origin that boxes and phones use, such as
	// "https://tv.example". Empty: whatever address a request was sent to.
	Public string
	// Nonces makes boxes put a nonce of the service into their proofs (RFC 9449
	// section 8).
	Nonces bool
	// Demo makes a household to sign in to, and shows its password where that is
	// asked for.
	Demo bool
	// Logger takes what the operator should know. Default: nothing is logged.
	Logger *slog.Logger
	// Now is the clock, for windows, playbacks and the live channel. Default: time.Now.
	Now func() time.Time
}

// Office is the service. It is safe for concurrent use.
type Office struct {
	options    Options
	library    *library
	streams    streams
	lowLatency *lowLatency
	rounds     *rounds
	playbacks  *playbacks
	listings   listings
	door       *door.Door
	signer     *lease.Signer
	till       *till.Till
	viewers    *viewers.Viewers
	mux        *http.ServeMux
}

// New builds the service from its embedded catalogue. An error means that the
// embedded catalogue is broken, or that Options.Country is no country code.
func New(options Options) (*Office, error) {
	options = options.withDefaults()
	if !isCountry(options.Country) {
		return nil, fmt.Errorf("home country %q: not two letters of ISO 3166-1", options.Country)
	}
	lib, err := loadLibrary(catalogueFiles)
	if err != nil {
		return nil, fmt.Errorf("load embedded catalogue: %w", err)
	}
	lib.makeUp(options.Titles)
	o := &Office{
		options:    options,
		library:    lib,
		streams:    streams{dir: options.Streams},
		lowLatency: &lowLatency{}, rounds: &rounds{},
		playbacks: newPlaybacks(options.Now),
		mux:       http.NewServeMux(),
	}
	if err := o.openAccounts(); err != nil {
		return nil, err
	}
	o.route()
	return o, nil
}

func (o Options) withDefaults() Options {
	if o.Streams == "" {
		o.Streams = DefaultStreams()
	}
	if o.Name == "" {
		o.Name = "Lantern Pictures"
	}
	if o.Country == "" {
		o.Country = "DE"
	}
	if o.Shelf == nil {
		o.Shelf = shelf.New()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// StreamsReady says whether the streams folder holds a finished set.
func (o *Office) StreamsReady() bool {
	_, err := o.streams.manifest()
	return err == nil
}

// ServeHTTP answers one request of the service API.
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// Boxes take the time from here, so it is that of windows and leases.
	w.Header().Set("Date", o.options.Now().UTC().Format(http.TimeFormat))
	if nonce := o.door.Nonce(); nonce != "" {
		w.Header().Set("DPoP-Nonce", nonce)
	}
	o.mux.ServeHTTP(w, r)
}

// serve is one operation. Its error is answered as a problem.
type serve = func(http.ResponseWriter, *http.Request) error

// route names every operation of docs/openapi.yaml.
func (o *Office) route() {
	o.handle("/.well-known/usher-service", "GET", o.serveService)
	o.handle("/v1/catalogue", "GET", o.serveCatalogue)
	o.handle("/v1/exports/schema.org", "GET", o.serveSchemaOrg)
	o.handle("/v1/exports/avails", "GET", o.serveAvails)
	o.handle("/v1/titles/{id}", "GET", o.serveTitle)
	o.handle("/v1/search", "GET", o.serveSearch)
	o.handle("/v1/playback", "POST", o.servePlayback)
	o.handle("/v1/playback/prepare", "POST", o.servePrepare)
	o.handle("/v1/playback/{id}", "DELETE", o.serveEnd)
	o.handle("/v1/playback/{id}/heartbeat", "POST", o.serveHeartbeat)
	o.handle("/v1/account", "GET", o.serveAccount)
	o.handle("/v1/entitlements", "GET", o.serveEntitlements)
	o.handle("/v1/purchases", "GET", o.servePurchases, "POST", o.serveBuy)
	o.handle("/v1/purchases/{id}", "GET", o.servePurchase, "DELETE", o.serveCancel)
	o.handle("/v1/viewers/{id}", "GET", o.serveLists, "PUT", o.serveMerge, "DELETE", o.serveForget)
	o.handle("/v1/viewers/{id}/events", "POST", o.serveEvents, "DELETE", o.serveWithdraw)
	o.handle(door.PathKeys, "GET", o.serveKeys)
	o.handle("/art/{id}/{file}", "GET", o.serveArt)
	o.handle("/streams/{stream}/{file...}", "GET", o.serveStream)
	o.handle("/problems/{code}", "GET", o.serveProblemPage)
	o.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		o.refuse(w, problem(codeNotFound, "There is nothing at this address."))
	})
}

// handle registers the operations of a path, each a method and a [serve], and a
// problem for the wrong methods, which ServeMux alone would answer in plain text.
func (o *Office) handle(path string, operations ...any) {
	var methods []string
	by := map[string]serve{}
	for i := 0; i < len(operations); i += 2 {
		methods = append(methods, operations[i].(string))
		by[methods[i/2]] = operations[i+1].(serve)
	}
	by[http.MethodHead] = by[http.MethodGet]
	allow := strings.Join(methods, ", ")
	o.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		do := by[r.Method]
		if do == nil {
			w.Header().Set("Allow", allow)
			o.refuse(w, problem(codeMethod, "This address answers "+allow+" only."))
		} else if err := do(w, r); err != nil {
			o.refuse(w, err)
		}
	})
}

func isCountry(s string) bool {
	return len(s) == 2 && isUpper(s[0]) && isUpper(s[1])
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }
