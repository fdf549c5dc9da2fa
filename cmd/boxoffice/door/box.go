package door

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"usher/cmd/boxoffice/shelf"
)

const (
	drawer      = "boxes"
	rememberOld = 16          // refresh tokens that would be known as stolen
	lostAnswer  = time.Minute // how long the refresh token before is good for a lost answer
	idle        = 180 * 24 * time.Hour
)

// Box is a box of a household.
type Box struct {
	ID        string    `json:"id"`
	Household string    `json:"household"`
	Key       string    `json:"jkt"` // thumbprint of the key that its tokens are bound to
	Name      string    `json:"name,omitempty"`
	Scope     string    `json:"scope"`
	Since     time.Time `json:"since"`
	Seen      time.Time `json:"seen"` // when it last renewed its tokens

	Refresh []string `json:"refresh"` // sums, newest first
	Access  []access `json:"access"`  // newest first, two at most
	Proven  bool     `json:"proven"`  // its newest access token was used
}

type access struct {
	Sum  string    `json:"sum"`
	Ends time.Time `json:"ends"`
}

// The errors of [Door.Admit].
var (
	ErrNoToken  = errors.New("the request has no token")
	ErrBadToken = errors.New("the token is not good, or not this box's")
)

// Tokens is an answer of the token endpoint (RFC 6749 section 5.1).
type Tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Life    int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
	Issued  string `json:"issued_token_type,omitempty"` // of the grant by ticket (RFC 8693 section 2.2.1)
}

// issue gives a box new tokens.
func (d *Door) issue(b *Box) Tokens {
	now := d.o.Now().UTC()
	t := Tokens{Access: secret(b.ID), Refresh: secret(b.ID), Type: "DPoP", Life: int(d.o.AccessLife.Seconds()), Scope: b.Scope}
	b.Access = slices.Insert(b.Access, 0, access{Sum: sum(t.Access), Ends: now.Add(d.o.AccessLife)})
	b.Access = b.Access[:min(len(b.Access), 2)]
	b.Refresh = slices.Insert(b.Refresh, 0, sum(t.Refresh))
	b.Refresh = b.Refresh[:min(len(b.Refresh), rememberOld)]
	b.Seen, b.Proven = now, false
	return t
}

// enter makes a box, and the tokens that it begins with.
func (d *Door) enter(p *pairing) (Tokens, error) {
	b := Box{ID: secretID(), Household: p.household, Key: p.key, Name: p.name, Scope: p.scope, Since: d.o.Now().UTC().Truncate(time.Second)}
	t := d.issue(&b)
	err := d.o.Shelf.Update(func(tx *shelf.Tx) error { return tx.Put(drawer, b.ID, b) })
	if err != nil {
		return Tokens{}, err
	}
	p.box = b.ID
	d.o.Logger.Info("Box was paired", "box", b.ID, "household", b.Household)
	return t, nil
}

// renew uses a refresh token, signed for with key.
func (d *Door) renew(token, key string) (t Tokens, err error) {
	var reused bool
	err = d.o.Shelf.Update(func(tx *shelf.Tx) error {
		b, found, err := shelf.Get[Box](tx, drawer, owner(token))
		if err != nil {
			return err
		}
		n := slices.Index(b.Refresh, sum(token))
		now := d.o.Now()
		switch {
		case !found || n < 0 || b.Key != key || now.Sub(b.Seen) > idle:
			return refuse("invalid_grant", "the refresh token is not good, or not this box's")
		case n == 1 && !b.Proven && now.Sub(b.Seen) < lostAnswer:
			// The box never saw what the last renewal gave: that is void.
			b.Refresh, b.Access = b.Refresh[1:], nil
		case n > 0:
			reused = true
			tx.Delete(drawer, b.ID)
			return nil
		}
		t = d.issue(&b)
		return tx.Put(drawer, b.ID, b)
	})
	if err == nil && reused {
		d.o.Logger.Warn("Refresh token came twice; its box was removed", "box", owner(token))
		err = refuse("invalid_grant", "the refresh token was used before; pair again")
	}
	return t, err
}

// revoke forgets the box that a token of either kind is of (RFC 7009). Whoever
// has a good token may; whoever has none changes nothing.
func (d *Door) revoke(token string) error {
	return d.o.Shelf.Update(func(tx *shelf.Tx) error {
		b, found, err := shelf.Get[Box](tx, drawer, owner(token))
		if err != nil || !found {
			return err
		}
		if slices.Contains(b.Refresh, sum(token)) || b.holds(token, d.o.Now()) {
			tx.Delete(drawer, b.ID)
		}
		return nil
	})
}

func (b Box) holds(token string, now time.Time) bool {
	s := sum(token)
	return slices.ContainsFunc(b.Access, func(a access) bool {
		return subtle.ConstantTimeCompare([]byte(a.Sum), []byte(s)) == 1 && now.Before(a.Ends)
	})
}

// Admit says which box a request is of: ErrNoToken, ErrBadToken, or another
// error for trouble of ours. A Bearer token is a bad one.
func (d *Door) Admit(r *http.Request) (Box, error) {
	all := r.Header.Values("Authorization")
	if len(all) == 0 {
		return Box{}, ErrNoToken
	}
	kind, token, ok := strings.Cut(all[0], " ")
	if len(all) > 1 || !ok || !strings.EqualFold(kind, "DPoP") || len(token) > 256 {
		return Box{}, fmt.Errorf("%w: want Authorization: DPoP", ErrBadToken)
	}
	key, err := d.prove(r, token)
	if err != nil {
		return Box{}, fmt.Errorf("%w: %w", ErrBadToken, err)
	}
	b, err := d.box(owner(token))
	if err != nil {
		return Box{}, err
	}
	if !b.holds(token, d.o.Now()) || b.Key != key {
		return Box{}, ErrBadToken
	}
	return b, d.proven(b, token)
}

// proven notes that a box has its newest tokens, once.
func (d *Door) proven(b Box, token string) error {
	if b.Proven || len(b.Access) == 0 || b.Access[0].Sum != sum(token) {
		return nil
	}
	return d.o.Shelf.Update(func(tx *shelf.Tx) error {
		now, found, err := shelf.Get[Box](tx, drawer, b.ID)
		if err != nil || !found || len(now.Access) == 0 || now.Access[0].Sum != sum(token) {
			return err
		}
		now.Proven = true
		return tx.Put(drawer, b.ID, now)
	})
}

// Challenge is the WWW-Authenticate of a refusal by [Door.Admit] (RFC 9449
// section 7.1).
func Challenge(err error) string {
	switch {
	case errors.Is(err, errNonce):
		return `DPoP error="use_dpop_nonce", algs="ES256"`
	case errors.Is(err, errProof):
		return `DPoP error="invalid_dpop_proof", algs="ES256"`
	case errors.Is(err, ErrBadToken):
		return `DPoP error="invalid_token", algs="ES256"`
	}
	return `DPoP algs="ES256"`
}

func (d *Door) box(id string) (b Box, err error) {
	err = d.o.Shelf.View(func(tx *shelf.Tx) error {
		b, _, err = shelf.Get[Box](tx, drawer, id)
		return err
	})
	return b, err
}

// Knows says whether there is such a box, still.
func (d *Door) Knows(id string) (bool, error) {
	b, err := d.box(id)
	return b.ID != "", err
}

// Boxes are those of a household, the newest first.
func (d *Door) Boxes(household string) (all []Box, err error) {
	err = d.o.Shelf.View(func(tx *shelf.Tx) error {
		all, err = shelf.All[Box](tx, drawer, "")
		return err
	})
	all = slices.DeleteFunc(all, func(b Box) bool { return b.Household != household })
	slices.SortFunc(all, func(a, b Box) int { return b.Since.Compare(a.Since) })
	return all, err
}

// Remove ends a box of a household, at once. It is false where there is none.
func (d *Door) Remove(household, id string) (removed bool, err error) {
	err = d.o.Shelf.Update(func(tx *shelf.Tx) error {
		b, found, err := shelf.Get[Box](tx, drawer, id)
		if removed = found && b.Household == household; removed {
			tx.Delete(drawer, id)
		}
		return err
	})
	return removed && err == nil, err
}
