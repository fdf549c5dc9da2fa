package office

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"

	"usher/internal/offer"
)

const (
	bodyLimit       = 64 << 10
	playbackLimit   = 1000           // kept in memory; the oldest goes first
	playbackLasts   = 12 * time.Hour // a film and a long pause
	heartbeatPeriod = 30 * time.Second
)

type playbackRequest struct {
	TitleID string `json:"titleId"`
	Country string `json:"country"`
}

type heartbeatRequest struct {
	PositionMS int64  `json:"positionMs"`
	Phase      string `json:"phase"`
}

// servePlayback grants a playback or refuses it with a reason, the plainest
// reason first: no such title, country, window, payment, stream.
func (o *Office) servePlayback(w http.ResponseWriter, r *http.Request) error {
	rec, err := o.wanted(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	play := o.playbacks.grant(rec)
	if m, err := o.streams.manifest(); err == nil {
		play.Thumbnails = m.thumbnails(rec.Stream)
	}
	_ = json.NewEncoder(w).Encode(play) // the client is gone: the playback expires
	return nil
}

// prepared is the answer to a box that may want to play the title soon.
type prepared struct {
	TitleID string    `json:"titleId"`
	URL     string    `json:"url"`
	Live    bool      `json:"live"`
	Expires time.Time `json:"expires"`
}

// servePrepare says what would be played and where, with the same refusals as
// servePlayback. Nothing begins: there is no playback, no use of a right and no
// stream that counts.
func (o *Office) servePrepare(w http.ResponseWriter, r *http.Request) error {
	rec, err := o.wanted(w, r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(prepared{ // the client is gone: nothing was begun
		TitleID: rec.ID, URL: streamOf(rec), Live: rec.Kind == offer.Live,
		Expires: o.playbacks.now().UTC().Add(playbackLasts).Truncate(time.Second),
	})
	return nil
}

// wanted is the title of a playback request, when it may be played.
func (o *Office) wanted(w http.ResponseWriter, r *http.Request) (*record, error) {
	var ask playbackRequest
	if err := readBody(w, r, &ask); err != nil {
		return nil, err
	}
	if ask.TitleID == "" {
		return nil, problem(codeBadRequest, "titleId is missing.")
	}
	country, err := o.country(ask.Country)
	if err != nil {
		return nil, err
	}
	rec, err := o.find(ask.TitleID, country)
	if err != nil {
		return nil, err
	}
	if rec.Kind == offer.Series {
		rec = &rec.Seasons[0].Episodes[0]
	}
	return rec, o.permit(rec, country)
}

func streamOf(rec *record) string { return "/streams/" + rec.Stream + "/master.m3u8" }

// permit says why a title may not be played now, or nil.
func (o *Office) permit(rec *record, country string) error {
	now, name := o.options.Now(), rec.Name.In("en")
	if w := rec.Window; !w.Contains(now) {
		if now.Before(w.From) {
			return problem(codeWindow, fmt.Sprintf("“%s” opens on %s.", name, w.From.Format("2 January 2006")))
		}
		return problem(codeWindow, fmt.Sprintf("“%s” was available until %s.", name, w.Until.Format("2 January 2006")))
	}
	terms := o.library.terms(rec.Prices, country)
	has := func(k offer.TermsKind) bool {
		return slices.ContainsFunc(terms, func(t offer.Terms) bool { return t.Kind == k })
	}
	if !o.options.OpenHouse && !has(offer.Free) {
		if has(offer.Subscription) {
			return problem(codeSubscription, fmt.Sprintf("“%s” is part of the subscription.", name))
		}
		return problem(codePayment, fmt.Sprintf("“%s” is rented or bought per title.", name))
	}
	m, err := o.streams.manifest()
	if err != nil || !m.has(rec.Stream) {
		return problem(codeStreams, fmt.Sprintf("The stream of “%s” has not been made on this machine.", name))
	}
	return nil
}

func (o *Office) serveHeartbeat(w http.ResponseWriter, r *http.Request) error {
	var beat heartbeatRequest
	if err := readBody(w, r, &beat); err != nil {
		return err
	}
	if beat.PositionMS < 0 || !slices.Contains(phases(), beat.Phase) {
		return problem(codeBadRequest, "positionMs must not be negative, and phase must be one of the documented ones.")
	}
	if !o.playbacks.beat(r.PathValue("id"), beat) {
		return problem(codePlayback, "This playback has ended or never began.")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// phases are those of a heartbeat: what the box's playback phase can be while
// a title is on.
func phases() []string {
	return []string{"opening", "playing", "paused", "buffering", "recovering", "ended", "failed", "idle"}
}

// readBody decodes exactly one JSON value.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return problem(codeMediaType, "The body is not declared as application/json.")
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err := d.Decode(into); err != nil {
		return badBody(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badBody(err)
	}
	return nil
}

func badBody(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return problem(codeTooLarge, "The body is too large.")
	}
	return problem(codeBadRequest, "The body is not one JSON object of this operation.")
}

// playbacks are the granted playbacks.
type playbacks struct {
	now func() time.Time

	mu    sync.Mutex
	live  map[string]heartbeatRequest // the last heartbeat of each
	order []grantedPlayback           // oldest first
}

type grantedPlayback struct {
	id      string
	expires time.Time
}

func newPlaybacks(now func() time.Time) *playbacks {
	return &playbacks{now: now, live: map[string]heartbeatRequest{}}
}

func (p *playbacks) grant(rec *record) offer.Playback {
	play := offer.Playback{
		ID: rand.Text(), TitleID: rec.ID, URL: streamOf(rec),
		Live: rec.Kind == offer.Live, HeartbeatMS: heartbeatPeriod.Milliseconds(),
		Expires: p.now().UTC().Add(playbackLasts).Truncate(time.Second),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.order) > 0 && (len(p.order) >= playbackLimit || !p.now().Before(p.order[0].expires)) {
		delete(p.live, p.order[0].id)
		p.order = p.order[1:]
	}
	p.live[play.ID] = heartbeatRequest{}
	p.order = append(p.order, grantedPlayback{id: play.ID, expires: play.Expires})
	return play
}

func (p *playbacks) beat(id string, beat heartbeatRequest) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.live[id]; !ok {
		return false
	}
	p.live[id] = beat
	return true
}
