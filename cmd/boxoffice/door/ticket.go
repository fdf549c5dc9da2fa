package door

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"usher/cmd/boxoffice/shelf"
)

const tickets = "tickets" // the drawer

// Of the grant by ticket: a token exchange (RFC 8693) whose subject is a ticket
// and whose answer is bound to the box's key as every other one is.
const (
	grantTicket = "urn:ietf:params:oauth:grant-type:token-exchange"
	// TicketType is the subject_token_type of an enrolment ticket.
	TicketType = "urn:usher:params:oauth:token-type:enrolment-ticket"
	typeAccess = "urn:ietf:params:oauth:token-type:access_token"
)

// LongestTicket is how long a ticket may be good.
const LongestTicket = 90 * 24 * time.Hour

// Ticket lets the box of one serial number into a household, once. The secret
// itself is not kept.
type Ticket struct {
	ID        string    `json:"id"`
	Sum       string    `json:"sum"`
	Household string    `json:"household"`
	Serial    string    `json:"serial"`
	Ends      time.Time `json:"ends"`
	Box       string    `json:"box,omitempty"` // that it made; "" while it is good
}

// ErrTicket is something that no ticket can be made for.
var ErrTicket = errors.New("a ticket is for a serial of 1 to 64 letters without spaces, and for 90 days at most")

// IssueTickets makes a ticket for each serial, all or none. They are given once
// and never again: only their sums are kept.
func IssueTickets(s *shelf.Shelf, household string, serials []string, now time.Time, life time.Duration) (map[string]string, error) {
	if life <= 0 || life > LongestTicket {
		return nil, fmt.Errorf("%w: it would be good for %v", ErrTicket, life)
	}
	all := map[string]string{}
	err := s.Update(func(tx *shelf.Tx) error {
		for _, serial := range serials {
			if !isSerial(serial) || all[serial] != "" {
				return fmt.Errorf("%w: %.80q, or it is there twice", ErrTicket, serial)
			}
			id := secretID()
			token := secret(id)
			all[serial] = token
			t := Ticket{ID: id, Sum: sum(token), Household: household, Serial: serial, Ends: now.UTC().Add(life).Truncate(time.Second)}
			if err := tx.Put(tickets, id, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func isSerial(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// exchange is a request of the grant by ticket.
type exchange struct{ ticket, kind, serial, name, key string }

// enrol gives the box that has a ticket its tokens, bound to its key. A second
// use is refused, but for the box whose answer was lost: the same key, within a
// minute, while nothing of what it was given was used.
func (d *Door) enrol(x exchange) (t Tokens, err error) {
	if x.kind != TicketType {
		return t, refuse("invalid_request", "subject_token_type must be "+TicketType)
	}
	var b Box
	err = d.o.Shelf.Update(func(tx *shelf.Tx) error {
		k, found, err := shelf.Get[Ticket](tx, tickets, owner(x.ticket))
		switch {
		case err != nil:
			return err
		case !found || k.Sum != sum(x.ticket) || k.Serial != x.serial:
			return refuse("invalid_grant", "the ticket is not good, or for another box")
		case !d.o.Now().Before(k.Ends):
			return refuse("invalid_grant", "the ticket has ended")
		}
		if b, err = d.entrant(tx, k, x); err != nil {
			return err
		}
		t = d.issue(&b)
		k.Box = b.ID
		return errors.Join(tx.Put(tickets, k.ID, k), tx.Put(drawer, b.ID, b))
	})
	if err != nil {
		return Tokens{}, err
	}
	t.Issued = typeAccess
	d.o.Logger.Info("Box was enrolled by ticket", "box", b.ID, "household", b.Household)
	return t, nil
}

// entrant is the box that a ticket makes, or made a moment ago.
func (d *Door) entrant(tx *shelf.Tx, k Ticket, x exchange) (Box, error) {
	now := d.o.Now().UTC()
	if k.Box == "" {
		return Box{ID: secretID(), Household: k.Household, Key: x.key, Name: printable(x.name), Scope: ScopePlayback, Since: now.Truncate(time.Second)}, nil
	}
	b, found, err := shelf.Get[Box](tx, drawer, k.Box)
	if err != nil {
		return b, err
	}
	if !found || b.Key != x.key || b.Proven || len(b.Refresh) != 1 || now.Sub(b.Seen) >= lostAnswer {
		return b, refuse("invalid_grant", "the ticket was used before; pair the box by code, or make a new ticket")
	}
	b.Refresh, b.Access = slices.Delete(b.Refresh, 0, 1), nil
	return b, nil
}
