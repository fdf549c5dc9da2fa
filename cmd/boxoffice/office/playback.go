package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"usher/internal/offer"
)

const (
	bodyLimit     = 64 << 10
	playbackLasts = 12 * time.Hour // a film and a long pause
)

type playbackRequest struct {
	TitleID string `json:"titleId"`
	Country string `json:"country"`
}

type heartbeatRequest struct {
	PositionMS int64  `json:"positionMs"`
	Phase      string `json:"phase"`
}

// granted is a playback with the lease that it is granted by.
type granted struct {
	offer.Playback
	Lease string `json:"lease,omitempty"` // JWS; of a right that its first play changed, the new one
}

// servePlayback grants a playback or refuses it with a reason, the plainest
// reason first: no such title, country, window, account, payment, streams at a
// time, stream.
func (o *Office) servePlayback(w http.ResponseWriter, r *http.Request) error {
	rec, by, err := o.wanted(w, r)
	if err != nil {
		return err
	}
	play, ok := o.playbacks.grant(rec, by)
	if !ok {
		return problem(codeTooMany, fmt.Sprintf("As many boxes as may (%d) are watching already.", by.yes.Streams))
	}
	answer := granted{Playback: play}
	if by.box.ID != "" {
		if answer.Lease, err = o.begin(r, by); err != nil {
			return err
		}
	}
	if m, err := o.streams.manifest(); err == nil {
		answer.Thumbnails = m.thumbnails(rec.Stream)
	}
	return o.tell(w, http.StatusOK, answer)
}

// begin uses the right, and gives the lease for it.
func (o *Office) begin(r *http.Request, by pass) (string, error) {
	if err := o.till.Begin(by.box.Household, by.yes); err != nil {
		return "", err
	}
	return o.till.Lease(o.holder(r, by.box), by.yes.Content)
}

// tell sends an answer that is of this moment only.
func (o *Office) tell(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: what was done stays done
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
	rec, _, err := o.wanted(w, r)
	if err != nil {
		return err
	}
	return o.tell(w, http.StatusOK, prepared{
		TitleID: rec.ID, URL: streamOf(rec), Live: rec.Kind == offer.Live,
		Expires: o.playbacks.now().UTC().Add(playbackLasts).Truncate(time.Second),
	})
}

// wanted is the title of a playback request, when it may be played, and by what.
func (o *Office) wanted(w http.ResponseWriter, r *http.Request) (*record, pass, error) {
	var ask playbackRequest
	if err := readBody(w, r, &ask); err != nil {
		return nil, pass{}, err
	}
	if ask.TitleID == "" {
		return nil, pass{}, problem(codeBadRequest, "titleId is missing.")
	}
	country, err := o.country(ask.Country)
	if err != nil {
		return nil, pass{}, err
	}
	rec, err := o.find(ask.TitleID, country)
	if err != nil {
		return nil, pass{}, err
	}
	if rec.Kind == offer.Series {
		rec = &rec.Seasons[0].Episodes[0]
	}
	by, err := o.permit(r, rec, country)
	return rec, by, err
}

func streamOf(rec *record) string { return "/streams/" + rec.Stream + "/master.m3u8" }

// permit says why a title may not be played now, or by what it may.
func (o *Office) permit(r *http.Request, rec *record, country string) (pass, error) {
	if err := o.open(rec); err != nil {
		return pass{}, err
	}
	by, err := o.entitled(r, rec, country)
	if err != nil {
		return pass{}, err
	}
	m, err := o.streams.manifest()
	if err != nil || !m.has(rec.Stream) {
		return pass{}, problem(codeStreams, fmt.Sprintf("The stream of “%s” has not been made on this machine.", rec.Name.In("en")))
	}
	return by, nil
}

// open says whether a title is within its window.
func (o *Office) open(rec *record) error {
	now, name := o.options.Now(), rec.Name.In("en")
	switch w := rec.Window; {
	case w.Contains(now):
		return nil
	case now.Before(w.From):
		return problem(codeWindow, fmt.Sprintf("“%s” opens on %s.", name, w.From.Format("2 January 2006")))
	default:
		return problem(codeWindow, fmt.Sprintf("“%s” was available until %s.", name, w.Until.Format("2 January 2006")))
	}
}

// serveHeartbeat keeps a playback. One that a household pays for is asked about
// again each time, so that a right that was taken back ends it.
func (o *Office) serveHeartbeat(w http.ResponseWriter, r *http.Request) error {
	var beat heartbeatRequest
	if err := readBody(w, r, &beat); err != nil {
		return err
	}
	if beat.PositionMS < 0 || !slices.Contains(phases(), beat.Phase) {
		return problem(codeBadRequest, "positionMs must not be negative, and phase must be one of the documented ones.")
	}
	if err := o.still(r); err != nil {
		return err
	}
	o.playbacks.beat(r.PathValue("id"), beat)
	return nothing(w)
}

// still says whether a playback may go on.
func (o *Office) still(r *http.Request) error {
	play, ok := o.playbacks.find(r.PathValue("id"))
	if !ok {
		return problem(codePlayback, "This playback has ended or never began.")
	}
	if play.by.box.ID == "" {
		return nil
	}
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	if box.ID != play.by.box.ID {
		return problem(codePlayback, "This playback is another box's.")
	}
	_, err = o.may(box, play.rec, play.by.country)
	return err
}

// serveEnd ends a playback, so that another box may begin one. Ending it again
// is no mistake.
func (o *Office) serveEnd(w http.ResponseWriter, r *http.Request) error {
	play, ok := o.playbacks.find(r.PathValue("id"))
	if ok && play.by.box.ID != "" {
		box, err := o.admit(r)
		if err != nil {
			return err
		}
		ok = box.ID == play.by.box.ID
	}
	if ok {
		o.playbacks.end(r.PathValue("id"))
	}
	return nothing(w)
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
