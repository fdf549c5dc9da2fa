package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"usher/cache/abr"
	"usher/cache/fmp4"
	"usher/cache/hls"
)

// rung is one rendition of the picture.
type rung struct {
	abr.Rung
	doc  *doc
	list *hls.Playlist // nil until it was read and found to fit
	// init sections, by index into list.Maps
	inits  []fmp4.Init
	unfit  string // why it cannot be used; "" it can, or it is not known yet
	tryNot time.Time
}

const (
	maxRungs  = 32
	maxInits  = 16                     // init sections of one rendition
	alignment = 250 * time.Millisecond // by which borders of segments may differ
	tryAgain  = 30 * time.Second       // to read a rung's playlist that could not be read
)

// candidates are the variants of a ladder with variant i: what a player can
// change between without a new decoder and without other sound, rising in rate.
func candidates(p *hls.Playlist, i int) []int {
	base := p.Variants[i]
	var list []int
	for j, v := range p.Variants {
		if v.Audio == base.Audio && v.VideoRange == base.VideoRange && family(v.Codecs) == family(base.Codecs) &&
			(v.Height > 0) == (base.Height > 0) && (j == i || j != i && p.FirstTwin(j) == j && p.FirstTwin(i) != j) {
			list = append(list, j)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		va, vb := p.Variants[a], p.Variants[b]
		if rate(va) != rate(vb) {
			return rate(va) - rate(vb)
		}
		return va.Height - vb.Height
	})
	if len(list) > maxRungs {
		return []int{i}
	}
	return list
}

func rate(v hls.Variant) int {
	if v.AverageBandwidth > 0 {
		return v.AverageBandwidth
	}
	return v.Bandwidth
}

// family names the codecs without profile and level, in one order.
func family(codecs string) string {
	var kinds []string
	for c := range strings.SplitSeq(codecs, ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(c), ".")
		switch kind {
		case "avc3":
			kind = "avc1"
		case "hev1":
			kind = "hvc1"
		}
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), ",")
}

// lastingShare is how much of the link a rendition may take that stays for the
// whole title.
const lastingShare = 0.75

// lasting lists the variants for a title that stays with one, best first.
func (s *session) lasting(p *hls.Playlist) []int {
	pref := s.preference()
	if e := s.g.meter.estimate(); e.Known() && s.req.MaxBandwidth <= 0 {
		pref.MaxBandwidth = int(lastingShare * float64(e.Rate))
	}
	return hls.Rank(p.Variants, pref)
}

// stays says that the variant that was opened cannot be changed any more.
func (s *session) stays(out *Opened) bool {
	list := s.picture.latest()
	return out.Live || list == nil || !bindable(list)
}

// order lists the variants to try, best first: the one that the policy begins
// with, then as hls.Rank has them.
func (s *session) order(p *hls.Playlist) []int {
	order := hls.Rank(p.Variants, s.preference())
	if len(order) == 0 {
		return order
	}
	ladder := candidates(p, order[0])
	sit := abr.Situation{Limits: s.limits(), Link: s.g.meter.estimate(), Last: -1}
	for _, i := range ladder {
		sit.Ladder = append(sit.Ladder, abr.RungOf(p.Variants[i]))
	}
	at := abr.Start(sit).Rung
	for !sit.Link.Known() && at > 0 && sit.Ladder[at].Bandwidth > s.g.o.StartBandwidth {
		at--
	}
	first := ladder[at]
	if s.kitVariant > 0 && slices.Contains(ladder, s.kitVariant-1) { // it is here already
		first = s.kitVariant - 1
	}
	order = slices.DeleteFunc(order, func(i int) bool { return i == first })
	return slices.Insert(order, 0, first)
}

// limits are what the request and the box allow.
func (s *session) limits() []abr.Limit {
	pref := s.preference()
	list := []abr.Limit{{Why: abr.Display, MaxHeight: pref.MaxHeight}}
	if s.req.MaxBandwidth > 0 {
		list = append(list, abr.Limit{Why: abr.Profile, MaxBandwidth: s.req.MaxBandwidth})
	}
	if s.g.metered.Load() {
		list = append(list, abr.Limit{Why: abr.Metered, MaxBandwidth: meteredBandwidth})
	}
	return list
}

// makeFilm turns an opened variant into a film. Titles without an end have none.
func (s *session) makeFilm(top *doc, p *hls.Playlist, i int) {
	list := s.picture.latest()
	if list == nil || list.Live() || len(list.Segments) == 0 || s.low || s.quiet {
		return
	}
	rungs, start := []*rung{{doc: s.picture}}, 0
	if p != nil {
		rungs, start = s.rungs(top, p, i)
	}
	rungs[start].list = list
	f := newFilm(s, rungs, start, list)
	f.sound = s.sound
	if p != nil {
		f.offer(list, s.picture.address())
	}
	if f.path == "" { // no choice: the player reads this one
		f.rungs, f.start = []*rung{rungs[start]}, 0
		for _, sl := range f.slots {
			sl.rung = 0
		}
	}
	s.film.Store(f)
}

// rungs makes the ladder of variant i.
func (s *session) rungs(top *doc, p *hls.Playlist, i int) (list []*rung, start int) {
	for _, j := range candidates(p, i) {
		ref := p.VariantRef(j)
		raw, err := ref.URL()
		if err != nil || !hasHTTP(raw) {
			continue
		}
		if j == i {
			start = len(list)
		}
		d := s.playlist(raw, roleVideo, p.Defines, sourceOf(top, p, ref))
		x := &rung{Rung: abr.RungOf(p.Variants[j]), doc: d}
		if old, ok := s.studied[raw]; ok {
			x.list, x.inits, x.unfit = old.list, old.inits, old.unfit
		}
		list = append(list, x)
	}
	return list, start
}

// studied is what was learned of the ladder, for a session of the same title.
func (f *film) studied() map[string]rung {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]rung{}
	for _, r := range f.rungs {
		if r.ready() || r.unfit != "" {
			all[r.doc.address()] = *r
		}
	}
	return all
}

// bindable says whether the segments of a list may be replaced by those of
// others: nothing encrypted that would need another key or another header.
func bindable(p *hls.Playlist) bool {
	if !p.FMP4() {
		return true
	}
	for _, seg := range p.Segments {
		if seg.KeySet >= 0 || seg.Map < 0 {
			return false
		}
	}
	return len(p.Maps) <= maxInits
}

// learn reads the playlists of the rungs that are not known, those above the
// present one first.
func (f *film) learn(ctx context.Context) {
	order := make([]int, 0, len(f.rungs))
	for r := f.start; r < len(f.rungs); r++ {
		order = append(order, r)
	}
	for r := f.start - 1; r >= 0; r-- {
		order = append(order, r)
	}
	for _, r := range order {
		if ctx.Err() != nil {
			return
		}
		f.learnRung(ctx, f.rungs[r])
	}
}

// learned says whether nothing is left to learn for now.
func (f *film) learned(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rungs {
		if !r.ready() && r.unfit == "" && now.After(r.tryNot) {
			return false
		}
	}
	return true
}

// ready says that the rung's segments can be used. film.mu is held.
func (r *rung) ready() bool {
	return r.list != nil && (!r.list.FMP4() || len(r.inits) > 0)
}

func (f *film) learnRung(ctx context.Context, r *rung) {
	f.mu.Lock()
	skip := r.ready() || r.unfit != "" || time.Now().Before(r.tryNot)
	base := f.rungs[f.start]
	f.mu.Unlock()
	if skip {
		return
	}
	list, inits, err := f.read(ctx, r, base)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case errors.Is(err, errUnfit):
		r.unfit = err.Error()
		f.s.log.Info("Rendition left out", "rate", r.Bandwidth, "reason", r.unfit)
	case err != nil:
		r.tryNot = time.Now().Add(tryAgain)
	default:
		r.list, r.inits = list, inits
	}
}

var errUnfit = errors.New("rendition does not fit the others")

// read gets a rung's playlist and init sections and compares them with those
// of the list that the player has.
func (f *film) read(ctx context.Context, r, base *rung) (*hls.Playlist, []fmp4.Init, error) {
	v, _, err := r.doc.get(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	if why := misfit(base.list, v.raw); why != "" {
		return nil, nil, fmt.Errorf("%w: %s", errUnfit, why)
	}
	var inits []fmp4.Init
	for i := range v.raw.Maps {
		init, err := r.doc.init(ctx, v.raw, i)
		if err != nil {
			return nil, nil, err
		}
		inits = append(inits, init)
	}
	if r == base {
		return v.raw, inits, nil
	}
	for i := range v.raw.Segments {
		a, b := base.list.Segments[i].Map, v.raw.Segments[i].Map
		if len(inits) > 0 && (a >= len(base.inits) || !base.inits[a].Fits(inits[b])) {
			return nil, nil, fmt.Errorf("%w: its init section", errUnfit)
		}
	}
	return v.raw, inits, nil
}

// init reads init section i of a playlist.
func (d *doc) init(ctx context.Context, p *hls.Playlist, i int) (fmp4.Init, error) {
	c := collector{d: d, p: p}
	c.add(p.MapRef(i), 0)
	if len(c.all) == 0 {
		return fmp4.Init{}, fmt.Errorf("%w: init section has no address", errUnfit)
	}
	n := c.all[0]
	r := n.o.open(ctx, n.rng)
	if r == nil {
		return fmp4.Init{}, errClosed
	}
	defer r.Close()
	b, err := r.Bytes(ctx)
	if err != nil {
		return fmp4.Init{}, err
	}
	init, err := fmp4.ParseInit(b)
	if err != nil {
		return fmp4.Init{}, fmt.Errorf("%w: %w", errUnfit, err)
	}
	return init, nil
}

// misfit says why segments of b cannot stand where those of a are; "" they can.
func misfit(a, b *hls.Playlist) string {
	switch {
	case b.Kind != hls.Media || b.Live():
		return "not a film's list"
	case len(a.Segments) != len(b.Segments):
		return fmt.Sprintf("%d segments instead of %d", len(b.Segments), len(a.Segments))
	case a.FMP4() != b.FMP4() || !bindable(b):
		return "another container, or encrypted"
	}
	for i, x := range a.Segments {
		y := b.Segments[i]
		if (x.Start-y.Start).Abs() > alignment || (x.Duration-y.Duration).Abs() > alignment {
			return fmt.Sprintf("segment %d begins elsewhere", i)
		}
		if x.Discontinuity-a.DiscontinuitySequence != y.Discontinuity-b.DiscontinuitySequence {
			return fmt.Sprintf("segment %d lies behind another discontinuity", i)
		}
		if !sameKeys(a, x, b, y) {
			return fmt.Sprintf("segment %d has another key", i)
		}
	}
	return ""
}

// sameKeys says whether what decrypts segment x of a decrypts y of b.
func sameKeys(a *hls.Playlist, x hls.Segment, b *hls.Playlist, y hls.Segment) bool {
	if x.KeySet < 0 || y.KeySet < 0 {
		return x.KeySet == y.KeySet
	}
	ka, kb := a.KeySets[x.KeySet], b.KeySets[y.KeySet]
	if len(ka) != len(kb) {
		return false
	}
	for i := range ka {
		p, q := a.Keys[ka[i]], b.Keys[kb[i]]
		if p.Method != q.Method || p.KeyFormat != q.KeyFormat || p.IV != q.IV || p.IV == "" && x.MSN != y.MSN {
			return false
		}
		ra, okA := a.KeyRef(ka[i])
		rb, okB := b.KeyRef(kb[i])
		if okA != okB {
			return false
		}
		if !okA {
			continue
		}
		ua, errA := ra.URL()
		ub, errB := rb.URL()
		if errA != nil || errB != nil || ua != ub {
			return false
		}
	}
	return true
}
