package till

import (
	"cmp"
	"crypto/rand"
	"slices"
	"time"

	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
)

const (
	offline   = "P30D"
	leaseLife = 31 * 24 * time.Hour // of a right without an earlier end; boxes renew theirs daily
	// anything is the content of plan and credit.
	anything = "*"
	// startWithin and finishWithin are those of rentals without terms of their own.
	startWithin  = 30 * 24 * time.Hour
	finishWithin = 48 * time.Hour
	rentStreams  = 1
	ownStreams   = 2
)

// Right is what a household has of one title.
type Right struct {
	ID        string        `json:"id"`
	Household string        `json:"household"`
	Content   string        `json:"content"` // id of a title
	Model     string        `json:"model"`   // rental or purchase
	Payment   string        `json:"payment"`
	Seq       uint64        `json:"seq"`
	From      time.Time     `json:"from"`
	StartBy   time.Time     `json:"startBy,omitzero"`
	PlayFor   time.Duration `json:"playFor,omitempty"`
	FirstPlay time.Time     `json:"firstPlay,omitzero"`
	Country   string        `json:"country"` // where it was paid
	Revoked   bool          `json:"revoked,omitempty"`
}

// ends is when a right is over; zero is never.
func (r Right) ends() time.Time {
	switch {
	case r.Model != "rental":
		return time.Time{}
	case r.FirstPlay.IsZero():
		return r.StartBy.Add(r.PlayFor)
	}
	return r.FirstPlay.Add(r.PlayFor)
}

// judge says whether a right is good now.
func (r Right) judge(now time.Time) error {
	switch {
	case r.Revoked:
		return refuse(CodeRevoked)
	case r.Model != "rental":
		return nil
	case r.FirstPlay.IsZero() && !now.Before(r.StartBy):
		return refuse(CodeStartBy)
	case !r.FirstPlay.IsZero() && !now.Before(r.ends()):
		return refuse(CodePlayWindow)
	}
	return nil
}

// newRight is what a purchase gives.
func newRight(p Purchase, country string, now time.Time) Right {
	r := Right{
		ID: rand.Text(), Household: p.Household, Content: p.TitleID, Model: "purchase", Payment: p.Payment,
		From: now.UTC().Truncate(time.Second), Country: country,
	}
	if p.Kind == string(offer.Rent) {
		r.Model, r.StartBy, r.PlayFor = "rental", r.From.Add(startWithin), finishWithin
		if p.Terms.PlayMS > 0 {
			r.PlayFor = time.Duration(p.Terms.PlayMS) * time.Millisecond
		}
	}
	return r
}

// Allowed is a yes: by what, and how many may watch by it at a time.
type Allowed struct {
	Right   string // id of the right to begin with [Till.Begin]; "" of a plan
	Content string
	Streams int
}

// May says whether a household may watch a title now, or refuses. A right of
// its own goes before the plan only where the plan does not cover the title, so
// that no rental begins needlessly.
func (t *Till) May(household string, title Title) (yes Allowed, err error) {
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		yes, err = t.may(tx, household, title)
		return err
	})
	return yes, err
}

func (t *Till) may(tx *shelf.Tx, household string, title Title) (Allowed, error) {
	now := t.o.Now()
	a, err := account(tx, household)
	if err != nil {
		return Allowed{}, err
	}
	plan, paid := a.Plan(now)
	_, covered := title.terms(offer.Subscription)
	if paid && covered {
		return Allowed{Content: anything, Streams: plan.Streams}, nil
	}
	no := refuse(CodePayment)
	if covered {
		no = refuse(CodeSubscription)
	}
	for _, content := range []string{title.ID, title.Series} {
		r, found, err := shelf.Get[Right](tx, holdings, household+"/"+content)
		if err != nil {
			return Allowed{}, err
		}
		if !found {
			continue
		}
		if no = r.judge(now); no == nil {
			return Allowed{Right: r.ID, Content: r.Content, Streams: r.streams()}, nil
		}
	}
	return Allowed{}, no
}

func (r Right) streams() int {
	if r.Model == "rental" {
		return rentStreams
	}
	return ownStreams
}

// Begin notes that a title is being watched: the time of a rental begins with
// its first.
func (t *Till) Begin(household string, yes Allowed) error {
	if yes.Right == "" {
		return nil
	}
	return t.update(household, func(tx *shelf.Tx) error {
		r, found, err := shelf.Get[Right](tx, holdings, household+"/"+yes.Content)
		if err != nil || !found || r.ID != yes.Right || r.Model != "rental" || !r.FirstPlay.IsZero() {
			return err
		}
		r.FirstPlay = t.o.Now().UTC().Truncate(time.Second)
		return t.keep(tx, r)
	})
}

// keep stores a changed right under the next number.
func (t *Till) keep(tx *shelf.Tx, r Right) error {
	a, err := account(tx, r.Household)
	if err != nil {
		return err
	}
	a = a.changed(false)
	r.Seq = a.Seq
	if err := tx.Put(accounts, r.Household, a); err != nil {
		return err
	}
	return tx.Put(holdings, r.Household+"/"+r.Content, r)
}

// Holder is who a lease is made out for.
type Holder struct {
	Household string
	Key       string // thumbprint of the box's key, and the box's id
	Issuer    string
}

// Leases are the rights of a household that changed after since, signed for
// one box, and the number to ask with next time. What was taken back is among
// them, as revoked.
func (t *Till) Leases(h Holder, since uint64) (seq uint64, signed []string, err error) {
	var all []lease.Claims
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		seq, all, err = t.claims(tx, h)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	signed = []string{}
	for _, c := range all {
		if c.Seq <= since {
			continue
		}
		one, err := t.o.Signer.Sign(c)
		if err != nil {
			return 0, nil, err
		}
		signed = append(signed, one)
	}
	return seq, signed, nil
}

// Lease is the lease for one content, "" without one.
func (t *Till) Lease(h Holder, content string) (signed string, err error) {
	var all []lease.Claims
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		_, all, err = t.claims(tx, h)
		return err
	})
	i := slices.IndexFunc(all, func(c lease.Claims) bool { return c.Grant.Content == content })
	if i < 0 || err != nil {
		return "", err
	}
	return t.o.Signer.Sign(all[i])
}

// claims are all leases of a household, the oldest change first.
func (t *Till) claims(tx *shelf.Tx, h Holder) (uint64, []lease.Claims, error) {
	s, err := standing(tx, h.Household)
	if err != nil {
		return 0, nil, err
	}
	all := t.general(h, s)
	own, err := shelf.All[Right](tx, holdings, h.Household+"/")
	for _, r := range own {
		all = append(all, t.specific(h, r))
	}
	slices.SortStableFunc(all, func(a, b lease.Claims) int { return cmp.Compare(a.Seq, b.Seq) })
	return s.Seq, all, err
}

// general are the leases of plan and credit. Both are about all titles, so they
// have one number.
func (t *Till) general(h Holder, s Standing) (all []lease.Claims) {
	now := t.o.Now()
	if s.PlanID != "" {
		plan, good := s.Plan(now)
		c := t.claim(h, "plan-"+s.PlanID, s.AnySeq, time.Time{}, s.PlanEnds)
		c.Grant.Content, c.Grant.Model, c.Grant.Payment = anything, "subscription", "prepaid"
		c.Grant.Territory, c.Grant.Streams, c.Grant.Revoked = t.o.Territories, plan.Streams, !good
		all = append(all, c)
	}
	if s.Limit > 0 && s.Credited {
		c := t.claim(h, "credit", s.AnySeq, time.Time{}, time.Time{})
		c.Grant.Content, c.Grant.Model, c.Grant.Payment = anything, "credit", "postpaid"
		c.Grant.Territory, c.Grant.Revoked = t.o.Territories, !s.Offline
		c.Grant.Limits = &lease.Limits{Titles: max(postpaidTitles-s.Titles, 0), Amount: max(s.Limit-s.Owed, 0), Currency: s.Currency}
		all = append(all, c)
	}
	return all
}

func (t *Till) specific(h Holder, r Right) lease.Claims {
	c := t.claim(h, r.ID, r.Seq, r.From, r.ends())
	c.Grant.Content, c.Grant.Model, c.Grant.Payment = r.Content, r.Model, r.Payment
	c.Grant.Territory, c.Grant.Revoked, c.Grant.Streams = t.o.Territories, r.Revoked, r.streams()
	if r.Model == "rental" {
		c.Grant.StartBy, c.Grant.PlayFor, c.Grant.FirstPlay = r.StartBy, span(r.PlayFor), r.FirstPlay
	}
	return c
}

// claim is what all leases have. A lease that has ended is still well formed:
// it ends a moment after it began.
func (t *Till) claim(h Holder, id string, seq uint64, from, ends time.Time) lease.Claims {
	now := t.o.Now()
	expires := now.Add(leaseLife)
	if !ends.IsZero() && ends.Before(expires) {
		expires = ends
	}
	begins := now
	if from.Before(now) && !from.IsZero() {
		begins = from
	}
	begins = begins.Add(-time.Minute) // clocks differ
	if !expires.After(begins) {
		begins = expires.Add(-time.Second)
	}
	return lease.Claims{
		Issuer: h.Issuer, Subject: Pseudonym(h.Household), Audience: "box:" + h.Key, Confirm: lease.Confirm{JKT: h.Key},
		Issued: now.Unix(), Begins: begins.Unix(), Expires: expires.Unix(), ID: id, Seq: seq,
		Grant: lease.Grant{Offline: offline},
	}
}

// span is a duration in ISO 8601, to the second.
func span(d time.Duration) string {
	return "PT" + itoa(int64(d/time.Second)) + "S"
}
