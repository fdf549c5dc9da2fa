package rights

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Entry is one line of the household's ledger: what was bought, first played,
// refunded or billed. Each carries the hash of the one before, so that a line
// that is changed, left out or put in shows.
type Entry struct {
	Seq      uint64    `json:"seq"` // 1 and up, without gaps
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // "purchase", "first_play", "refund", "bill"
	Service  string    `json:"service"`
	TitleID  string    `json:"titleId,omitempty"`
	Profile  string    `json:"profile,omitempty"`
	Amount   int64     `json:"amountMinor,omitempty"` // negative with a refund
	Currency string    `json:"currency,omitempty"`
	Intent   string    `json:"intent,omitempty"`  // Purchase.ID
	Lease    string    `json:"lease,omitempty"`   // Lease.ID
	Receipt  string    `json:"receipt,omitempty"` // as the service calls it
	Prev     string    `json:"prev"`              // hash of the entry before, hex; of the first: empty
	Hash     string    `json:"hash"`              // of this one, hex
}

// ErrLedger says that a ledger does not hold together.
var ErrLedger = errors.New("the ledger was changed")

// Chain is e as the entry after last; the zero Entry stands for the beginning.
func Chain(last, e Entry) Entry {
	e.Seq, e.Prev = last.Seq+1, last.Hash
	e.At = e.At.UTC().Truncate(time.Millisecond) // what JSON in other hands keeps
	e.Hash = e.sum()
	return e
}

// sum is the SHA-256 over all other fields, each with its length before it, so
// that no two entries give the same bytes.
func (e Entry) sum() string {
	var b []byte
	number := func(n uint64) { b = binary.BigEndian.AppendUint64(b, n) }
	number(e.Seq)
	number(uint64(e.At.UnixMilli()))
	number(uint64(e.Amount))
	for _, s := range []string{e.Kind, e.Service, e.TitleID, e.Profile, e.Currency, e.Intent, e.Lease, e.Receipt, e.Prev} {
		number(uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// VerifyLedger checks a whole ledger and names the first entry that is wrong.
// That the end was cut off shows only beside a hash that was noted elsewhere,
// such as on a receipt.
func VerifyLedger(entries []Entry) error {
	var last Entry
	for i, e := range entries {
		switch {
		case e.Seq != last.Seq+1:
			return fmt.Errorf("%w: entry %d has number %d instead of %d", ErrLedger, i+1, e.Seq, last.Seq+1)
		case e.Prev != last.Hash:
			return fmt.Errorf("%w: entry %d does not follow the one before", ErrLedger, e.Seq)
		case e.Hash != e.sum():
			return fmt.Errorf("%w: entry %d is not what was written", ErrLedger, e.Seq)
		}
		last = e
	}
	return nil
}
