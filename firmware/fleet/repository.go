package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/image"
	"usher/firmware/trust"
)

// Repository is a TUF repository on a web server. Its calls must not overlap.
type Repository struct {
	Keeper *trust.Keeper
	Server *fetch.Server
}

// Offer is a release that this box may take.
type Offer struct {
	// Release has all that firmware.Slots need.
	Release firmware.Release
	// Skipped are newer releases that were passed over.
	Skipped []Skipped
	// Action is of the server that leads the fleet; empty in the static case.
	Action string
	// Hold says that it may be fetched and written, and not started yet: the
	// server that leads the fleet says when.
	Hold bool

	repository  *Repository
	description image.Description
}

// list is the signed list.
func (r *Repository) list(ctx context.Context) ([]trust.Entry, error) {
	list, err := r.Keeper.Refresh(ctx, r.Server)
	if err != nil {
		return nil, fmt.Errorf("read the list of releases: %w", err)
	}
	return list, nil
}

// describe reads the description of a release.
func (r *Repository) describe(ctx context.Context, e trust.Entry) (*Offer, error) {
	data, err := r.Server.Description(ctx, e.Name, image.File{Sum: e.Sum, Length: e.Length})
	if err != nil {
		return nil, fmt.Errorf("read the description of %s: %w", e.Release.Version, err)
	}
	d, release, err := image.DecodeDescription(data, e.Release)
	if err != nil {
		return nil, &firmware.Error{Reason: firmware.Untrusted, Err: err}
	}
	return &Offer{Release: release, repository: r, description: d}, nil
}

// Download is a release on its way: a firmware.Source. Somebody has to Close it.
type Download struct {
	*image.Weaver
	forms []*fetch.Data
	index []byte
	old   *image.Old
}

// MaxIndex is the longest that an index may be, bytes.
const MaxIndex = image.MaxIndex

// Index is what to remember of the release, as long as it is in a slot.
func (d *Download) Index() []byte { return d.index }

// Remember says what Index was when old was written, so that old need not be read
// through. It need not be right. Call it before any chunk is asked for.
func (d *Download) Remember(index []byte) error {
	wrote, err := image.ReadIndex(index)
	if err != nil {
		return fmt.Errorf("what is remembered of the present image: %w", err)
	}
	if d.old != nil {
		d.old.Remember(wrote)
	}
	return nil
}

// Close ends what is under way.
func (d *Download) Close() {
	for _, f := range d.forms {
		f.Close()
	}
}

// form is one of the forms in which chunks are stored. Reading it ends what is
// under way of the others: a connection that nobody reads would take the link.
type form struct {
	d *Download
	n int
}

// Read implements image.Stored.
func (f form) Read(ctx context.Context, at int64, b []byte, until int64) error {
	for n, other := range f.d.forms {
		if n != f.n {
			other.Close()
		}
	}
	return f.d.forms[f.n].Read(ctx, at, b, until)
}

// Open reads the index of the release and gives its chunks. Blocks that are in
// old, an image of size bytes that the box has already, are not fetched; old may
// be nil.
func (o *Offer) Open(ctx context.Context, old io.ReaderAt, size int64) (*Download, error) {
	data, err := o.repository.Server.File(ctx, o.description.Index)
	if err != nil {
		return nil, fmt.Errorf("read the index of %s: %w", o.Release.Version, err)
	}
	x, err := image.DecodeIndex(data, o.Release)
	if err == nil && x.DataLength() != o.description.Data.Length {
		err = errors.New("index and data do not fit")
	}
	if err != nil {
		return nil, &firmware.Error{Reason: firmware.Untrusted, Err: err}
	}
	var have *image.Old
	if old != nil {
		have = image.NewOld(old, size, x)
	}
	d := &Download{forms: []*fetch.Data{o.repository.Server.Data(o.description.Data)}, index: data, old: have}
	d.Weaver = image.NewWeaver(o.Release, x, form{d, 0}, have)
	if f := o.description.Frames; f != nil {
		d.forms = append(d.forms, o.repository.Server.Data(f.Data))
		if err := d.Frames(*f, form{d, 1}); err != nil {
			return nil, &firmware.Error{Reason: firmware.Untrusted, Err: err}
		}
	}
	return d, nil
}

// Static is a fleet that is led by the signed list alone.
type Static struct {
	Repository *Repository
	Box        Box
	Clock      fetch.Clock
}

// Check looks for a release. Nil is none; skipped says why not.
func (s *Static) Check(ctx context.Context, p Present) (o *Offer, skipped []Skipped, err error) {
	list, err := s.Repository.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	now, _ := s.Clock.Now()
	e, ok, skipped := choose(list, s.Box, p, now)
	if !ok {
		return nil, skipped, nil
	}
	if o, err = s.Repository.describe(ctx, e); err != nil {
		return nil, skipped, err
	}
	o.Skipped = skipped
	return o, skipped, nil
}

// Report tells nobody: the list has no ears.
func (*Static) Report(context.Context, Report) error { return nil }

// Report is what became of an offer.
type Report struct {
	Action  string // of the Offer
	Version string
	Stage   Stage
	Percent int             // of Fetching
	Reason  firmware.Reason // of Failed
	At      time.Time
}

// Stage is how far an update is.
type Stage string

// The stages. The last three end it.
const (
	Fetching  Stage = "fetching"
	Installed Stage = "installed" // written; the next start tries it
	Proved    Stage = "proved"    // kept
	Failed    Stage = "failed"    // the box runs what it ran before
	Canceled  Stage = "canceled"
)

// Client is a way to lead a fleet.
type Client interface {
	// Check looks for a release that the box should take. Nil is none; skipped says
	// which were passed over and why.
	Check(ctx context.Context, p Present) (o *Offer, skipped []Skipped, err error)
	// Report tells what became of one. Its error changes nothing.
	Report(ctx context.Context, r Report) error
}

var _ Client = (*Static)(nil)
