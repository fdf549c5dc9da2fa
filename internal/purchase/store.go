package purchase

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"usher/internal/box"
	"usher/internal/durable"
	"usher/internal/qr"
	"usher/internal/rights"
)

const (
	ledgerName  = "ledger.json"
	mostRecord  = 64 << 10
	mostLedger  = 16 << 20
	mostRecords = 1000 // finished ones that are kept; the ledger keeps all
)

func (t *Till) file(id string) string { return filepath.Join(t.opt.Dir, id+".purchase") }

// read reads everything. A purchase that cannot be read is left where it is:
// the service knows it, and the ledger what was paid.
func (t *Till) read() error {
	if err := durable.Sweep(t.opt.Dir); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(t.opt.Dir, "*.purchase"))
	if err != nil {
		return err
	}
	for _, name := range names {
		var p record
		data, err := durable.Read(name, mostRecord)
		if err == nil {
			err = json.Unmarshal(data, &p)
		}
		if err != nil || p.ID+".purchase" != filepath.Base(name) {
			t.opt.Logger.Warn("A stored purchase cannot be read", "err", err)
			continue
		}
		t.all[p.ID] = &p
	}
	data, err := durable.Read(filepath.Join(t.opt.Dir, ledgerName), mostLedger)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, &t.ledger)
	}
	return err
}

// save stores a purchase.
func (t *Till) save(p *record) error {
	data, err := json.Marshal(p)
	if err == nil {
		err = durable.Replace(t.file(p.ID), data)
	}
	if err != nil {
		return fmt.Errorf("store a purchase: %w", err)
	}
	return nil
}

// enter writes a purchase or its refund into the ledger, once each. It needs
// the lock.
func (t *Till) enter(p rights.Purchase) error {
	kinds := map[rights.PurchaseState][]string{rights.Fulfilled: {"purchase"}, rights.Refunded: {"purchase", "refund"}}[p.State]
	next := slices.Clone(t.ledger)
	for _, kind := range kinds {
		if slices.ContainsFunc(next, func(e rights.Entry) bool { return e.Intent == p.ID && e.Kind == kind }) {
			continue
		}
		amount := p.Amount
		if kind == "refund" {
			amount = -amount
		}
		var last rights.Entry
		if n := len(next); n > 0 {
			last = next[n-1]
		}
		next = append(next, rights.Chain(last, rights.Entry{
			At: t.opt.Now(), Kind: kind, Service: p.Service, TitleID: p.TitleID, Profile: p.Profile, Amount: amount, Currency: p.Currency,
			Intent: p.ID, Lease: p.Lease, Receipt: p.Receipt,
		}))
	}
	if len(next) == len(t.ledger) {
		return nil
	}
	data, err := json.Marshal(next)
	if err == nil {
		err = durable.Replace(filepath.Join(t.opt.Dir, ledgerName), data)
	}
	if err != nil {
		return fmt.Errorf("store the ledger: %w", err)
	}
	t.ledger = next
	return nil
}

// leaseID is the id in a lease. It is a note for the ledger: what a lease is
// worth is found out where leases are kept.
func leaseID(lease string) string {
	parts := strings.Split(lease, ".")
	if len(parts) != 3 {
		return ""
	}
	var claims struct {
		ID string `json:"jti"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &claims) != nil || len(claims.ID) > 128 {
		return ""
	}
	return claims.ID
}

// Ledger is what was bought and refunded, the oldest first.
func (t *Till) Ledger() []rights.Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.ledger)
}

// List is every purchase that the box knows, the newest first.
func (t *Till) List() []box.SaleView {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*record, 0, len(t.all))
	for _, p := range t.all {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *record) int {
		if n := b.Begun.Compare(a.Begun); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	list := make([]box.SaleView, 0, len(all))
	for _, p := range all[:min(len(all), mostRecords)] {
		v := p.view()
		v.QR = nil
		list = append(list, v)
	}
	return list
}

// view is a purchase as it is shown. The code to scan is there only while it is
// good for something.
func (p *record) view() box.SaleView {
	v := box.SaleView{
		ID: p.ID, Profile: p.Profile, TitleID: p.Service + ":" + p.TitleID, Name: p.Name, Kind: p.Kind, State: string(p.State), PriceMinor: p.Amount, Currency: p.Currency,
		Billing: p.Terms.Billing, PlayMS: p.Terms.PlayMS, Note: p.Note, BegunMS: p.Begun.UnixMilli(), Receipt: p.Receipt, Problem: p.problem, Balance: p.balance,
	}
	if p.Cancellable() && p.URI != "" {
		v.URI, v.ExpiresAtMS = p.URI, p.Expires.UnixMilli()
		if code, err := qr.Of(p.URI); err == nil {
			v.QR = &box.QR{Size: code.Size, Modules: code.Modules}
		}
	}
	return v
}
