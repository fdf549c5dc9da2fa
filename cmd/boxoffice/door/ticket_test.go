package door

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"usher/cmd/boxoffice/shelf"
)

// ticketHouse has a ticket for each serial.
func ticketHouse(t *testing.T, serials ...string) (*house, map[string]string) {
	t.Helper()
	kept := shelf.New()
	h := newHouse(t, func(o *Options) { o.Shelf = kept })
	all, err := IssueTickets(kept, "smith", serials, h.now, 14*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return h, all
}

func (b *tv) enrol(ticket, serial string, change ...func(url.Values)) answer {
	b.Helper()
	form := url.Values{
		"grant_type": {grantTicket}, "subject_token": {ticket}, "subject_token_type": {TicketType},
		"box_serial": {serial}, "box_name": {"Room 12"},
	}
	for _, c := range change {
		c(form)
	}
	return b.post(PathToken, form, true)
}

func TestTicketLetsItsBoxInOnce(t *testing.T) {
	h, tickets := ticketHouse(t, "A1", "A2")
	box := h.tv()
	got := box.enrol(tickets["A1"], "A1")
	if got.status != 200 || got.Type != "DPoP" || got.Refresh == "" {
		t.Fatalf("tokens: %+v", got)
	}
	if err := box.use(got.Access); err != nil {
		t.Errorf("the tokens are not good: %v", err)
	}
	if err := h.tv().use(got.Access); err == nil {
		t.Error("they are good with another key")
	}
	if got := box.renew(got.Refresh); got.status != 200 {
		t.Errorf("they cannot be renewed: %+v", got)
	}
	want(t, box.enrol(tickets["A1"], "A1"), "invalid_grant")
	want(t, h.tv().enrol(tickets["A1"], "A1"), "invalid_grant")
	all, err := h.door.Boxes("smith")
	if err != nil || len(all) != 1 || all[0].Name != "Room 12" {
		t.Errorf("boxes: %+v, %v", all, err)
	}
	if got := h.tv().enrol(tickets["A2"], "A2"); got.status != 200 {
		t.Errorf("the other ticket: %+v", got)
	}
}

func TestBadTicketsAreRefused(t *testing.T) {
	h, tickets := ticketHouse(t, "A1", "A2")
	box := h.tv()
	want(t, box.enrol(tickets["A1"], "A2"), "invalid_grant") // of another serial
	want(t, box.enrol(tickets["A1"], ""), "invalid_grant")
	want(t, box.enrol(tickets["A1"]+"x", "A1"), "invalid_grant")
	want(t, box.enrol("", "A1"), "invalid_grant")
	want(t, box.enrol(tickets["A1"], "A1", func(f url.Values) { f.Set("subject_token_type", typeAccess) }), "invalid_request")
	unsigned := box.post(PathToken, url.Values{"grant_type": {grantTicket}, "subject_token": {tickets["A1"]}, "subject_token_type": {TicketType}, "box_serial": {"A1"}}, false)
	want(t, unsigned, "invalid_dpop_proof")
	h.now = h.now.Add(14*24*time.Hour + time.Second)
	want(t, box.enrol(tickets["A1"], "A1"), "invalid_grant") // ended
	if all, err := h.door.Boxes("smith"); err != nil || len(all) != 0 {
		t.Errorf("boxes: %+v, %v", all, err)
	}
}

// The answer to an exchange may be lost: the same key gets another one, for a
// minute, as long as it used nothing.
func TestLostAnswerToTicket(t *testing.T) {
	h, tickets := ticketHouse(t, "A1")
	box, thief := h.tv(), h.tv()
	first := box.enrol(tickets["A1"], "A1")
	want(t, thief.enrol(tickets["A1"], "A1"), "invalid_grant")
	second := box.enrol(tickets["A1"], "A1")
	if second.status != 200 {
		t.Fatalf("the answer cannot be had again: %+v", second)
	}
	if err := box.use(first.Access); err == nil {
		t.Error("the first answer is good beside the second")
	}
	h.now = h.now.Add(lostAnswer)
	want(t, box.enrol(tickets["A1"], "A1"), "invalid_grant")
	if err := box.use(second.Access); err != nil {
		t.Errorf("the second answer is not good: %v", err)
	}
}

func TestTicketsAreAllMadeOrNone(t *testing.T) {
	kept := shelf.New()
	now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for _, serials := range [][]string{{"A1", "A1"}, {"A1", ""}, {"A1", "a b"}} {
		if all, err := IssueTickets(kept, "smith", serials, now, time.Hour); !errors.Is(err, ErrTicket) || all != nil {
			t.Errorf("%q: %v, %v", serials, all, err)
		}
	}
	if _, err := IssueTickets(kept, "smith", []string{"A1"}, now, 91*24*time.Hour); !errors.Is(err, ErrTicket) {
		t.Errorf("for 91 days: %v", err)
	}
	err := kept.View(func(tx *shelf.Tx) error {
		if left := tx.Keys(tickets, ""); len(left) != 0 {
			t.Errorf("%d tickets are there", len(left))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
