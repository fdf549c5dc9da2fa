package office

import (
	"fmt"
	"net/http"
	"regexp"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/phone"
	"usher/cmd/boxoffice/till"
	"usher/internal/offer"
)

// mostPurchases is how many are listed.
const mostPurchases = 100

type buyRequest struct {
	ID      string          `json:"id"` // of the intent
	TitleID string          `json:"titleId"`
	Kind    offer.TermsKind `json:"kind"`
	Country string          `json:"country"`
	Opened  time.Time       `json:"opened"` // offline, by a lease of credit
}

// purchase is a purchase in the words of the API.
type purchase struct {
	ID         string      `json:"id"`
	TitleID    string      `json:"titleId"`
	Kind       string      `json:"kind"`
	State      till.State  `json:"state"`
	Terms      offer.Terms `json:"terms"`
	Note       offer.Text  `json:"note"`
	URI        string      `json:"uri"`
	Begun      time.Time   `json:"begun"`
	Expires    time.Time   `json:"expires"`
	IntervalMS int64       `json:"intervalMs"`
	Payment    string      `json:"payment,omitempty"`
	Receipt    string      `json:"receipt,omitempty"`
	Paid       time.Time   `json:"paid,omitzero"`
	Lease      string      `json:"lease,omitempty"`
}

// show puts a purchase into those words, for the box that asks.
func (o *Office) show(r *http.Request, box door.Box, p till.Purchase) (purchase, error) {
	v := purchase{
		ID: p.ID, TitleID: p.TitleID, Kind: p.Kind, State: p.State, Terms: p.Terms, Note: p.Note(),
		URI: o.door.Origin(r) + phone.PathPay + p.Code, Begun: p.Begun, Expires: p.Ends,
		IntervalMS: till.PollEvery.Milliseconds(), Payment: p.Payment, Receipt: p.Receipt, Paid: p.Paid,
	}
	if p.Right == "" {
		return v, nil
	}
	var err error
	v.Lease, err = o.till.Lease(o.holder(r, box), p.Right)
	return v, err
}

func (o *Office) tellPurchase(w http.ResponseWriter, r *http.Request, status int, box door.Box, p till.Purchase) error {
	v, err := o.show(r, box, p)
	if err != nil {
		return fmt.Errorf("make lease: %w", err)
	}
	return o.tell(w, status, v)
}

// intentID is what a box may call an intent.
var intentID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// serveBuy begins a purchase, or answers with the one that has the id.
func (o *Office) serveBuy(w http.ResponseWriter, r *http.Request) error {
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	var ask buyRequest
	if err := readBody(w, r, &ask); err != nil {
		return err
	}
	if !intentID.MatchString(ask.ID) || ask.TitleID == "" || ask.Kind == "" {
		return problem(codeBadRequest, "id must be 16 to 64 letters, digits, - or _; titleId and kind must be there.")
	}
	country, err := o.country(ask.Country)
	if err != nil {
		return err
	}
	rec, err := o.find(ask.TitleID, country)
	if err != nil {
		return err
	}
	if err := o.open(rec); err != nil {
		return err
	}
	p, begun, err := o.till.Buy(box.Household, till.Want{
		ID: ask.ID, Box: box.ID, BoxName: box.Name, Kind: ask.Kind, Country: country, Title: o.library.forTill(rec, country), Opened: ask.Opened,
	})
	if err != nil {
		return o.worded(err, rec.Name)
	}
	status := http.StatusOK
	if begun {
		status = http.StatusCreated
		w.Header().Set("Location", "/v1/purchases/"+p.ID)
	}
	return o.tellPurchase(w, r, status, box, p)
}

func (o *Office) servePurchase(w http.ResponseWriter, r *http.Request) error {
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	p, err := o.till.Purchase(box.Household, r.PathValue("id"))
	if err != nil {
		return o.worded(err, nil)
	}
	return o.tellPurchase(w, r, http.StatusOK, box, p)
}

// serveCancel gives a purchase up that nobody has paid. What comes back says
// what became of it: paid is paid.
func (o *Office) serveCancel(w http.ResponseWriter, r *http.Request) error {
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	p, err := o.till.Cancel(box.Household, r.PathValue("id"))
	if err != nil {
		return o.worded(err, nil)
	}
	return o.tellPurchase(w, r, http.StatusOK, box, p)
}

// servePurchases lists what a household bought and tried to buy, newest first.
func (o *Office) servePurchases(w http.ResponseWriter, r *http.Request) error {
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	all, err := o.till.Purchases(box.Household)
	if err != nil {
		return err
	}
	list := []purchase{}
	for _, p := range all[:min(len(all), mostPurchases)] {
		v, err := o.show(r, box, p)
		if err != nil {
			return fmt.Errorf("make lease: %w", err)
		}
		list = append(list, v)
	}
	return o.tell(w, http.StatusOK, map[string][]purchase{"purchases": list})
}
