package door_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/shelf"
	"usher/device/pairing"
	"usher/internal/account"
)

// TestBoxOfATicket: a real box's accounts with a ticket, where proofs need a
// nonce; the same ticket is of no use to a second box.
func TestBoxOfATicket(t *testing.T) {
	kept := shelf.New()
	d := door.New(door.Options{Shelf: kept, Nonces: true})
	mux := http.NewServeMux()
	d.Route(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	tickets, err := door.IssueTickets(kept, "smith", []string{"A1"}, time.Now(), time.Hour)
	must(t, err)
	enrol := func(b *box) error {
		ticket := account.Ticket{Secret: pairing.Secret(tickets["A1"]), Serial: "A1"}
		err := b.Enrol(b.Context(), "films", ticket)
		for errors.Is(err, account.ErrStopped) { // Run is about to start
			time.Sleep(time.Millisecond)
			err = b.Enrol(b.Context(), "films", ticket)
		}
		return err
	}
	one := newBox(t, s.URL, t.TempDir())
	must(t, enrol(one))
	one.wait(pairing.Paired)
	refused, ok := errors.AsType[*account.TicketError](enrol(newBox(t, s.URL, t.TempDir())))
	if !ok || refused.Code != "invalid_grant" {
		t.Errorf("a second box: %v", refused)
	}
	if all := boxes(t, d); len(all) != 1 {
		t.Errorf("%d boxes came of one ticket", len(all))
	}
	one.stop()
	newBox(t, s.URL, one.dir).wait(pairing.Paired)
}
