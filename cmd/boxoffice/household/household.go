// Package household is the reference service's register of customers: who may
// sign in on a phone.
//
// It guarantees that passwords are not stored (PBKDF2 with SHA-256 and a salt
// for each), and that a wrong name takes as long as a wrong password. Signing in
// takes some tenths of a second of one core, so callers limit how often it is
// tried. The package starts no goroutine and logs nothing.
package household

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"usher/cmd/boxoffice/shelf"
)

const (
	drawer = "households"
	// rounds are OWASP's for PBKDF2-HMAC-SHA256.
	rounds       = 600_000
	shortest     = 6   // bytes of a password
	longest      = 200 // bytes of a name or password
	saltSize     = 16
	passwordSize = 32
)

// The errors of this package; each may come with more words.
var (
	ErrTaken = errors.New("there is a household of that name")
	ErrName  = errors.New("a name is 1 to 200 bytes without spaces at its ends, a password 6 to 200")
)

// Household is one customer.
type Household struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"` // to sign in with
	Country  string    `json:"country"`
	Since    time.Time `json:"since"`
	Salt     []byte    `json:"salt"`
	Password []byte    `json:"password"`
	Rounds   int       `json:"rounds"`
}

// Register is all households. It is safe for concurrent use.
type Register struct {
	shelf  *shelf.Shelf
	rounds int // of new passwords, and for names that are not there
}

// New is the register on a shelf.
func New(s *shelf.Shelf) *Register { return &Register{shelf: s, rounds: rounds} }

// Add makes a household. A name that is there already is ErrTaken.
func (r *Register) Add(name, password, country string, now time.Time) (Household, error) {
	return r.add(name, password, country, now, r.rounds)
}

// Demo makes the household of a demonstration, if it is not there. Its password
// is on the sign-in page, so hashing it dearly would protect nothing and cost
// every start a third of a second.
func (r *Register) Demo(name, password, country string, now time.Time) (h Household, err error) {
	h, err = r.add(name, password, country, now, 1)
	if !errors.Is(err, ErrTaken) {
		return h, err
	}
	return h, r.shelf.View(func(tx *shelf.Tx) error {
		h, _, err = named(tx, name)
		return err
	})
}

func (r *Register) add(name, password, country string, now time.Time, rounds int) (Household, error) {
	if name == "" || len(name) > longest || strings.TrimSpace(name) != name || len(password) < shortest || len(password) > longest {
		return Household{}, ErrName
	}
	free := func(tx *shelf.Tx) error {
		_, taken, err := named(tx, name)
		if taken {
			return ErrTaken
		}
		return err
	}
	if err := r.shelf.View(free); err != nil { // before the work of hashing
		return Household{}, err
	}
	h := Household{ID: rand.Text(), Name: name, Country: country, Since: now.UTC().Truncate(time.Second), Salt: make([]byte, saltSize), Rounds: rounds}
	_, _ = rand.Read(h.Salt) // never fails (crypto/rand)
	var err error
	if h.Password, err = h.hash(password); err != nil {
		return Household{}, err
	}
	return h, r.shelf.Update(func(tx *shelf.Tx) error {
		if err := free(tx); err != nil {
			return err
		}
		return tx.Put(drawer, h.ID, h)
	})
}

func named(tx *shelf.Tx, name string) (Household, bool, error) {
	all, err := shelf.All[Household](tx, drawer, "")
	for _, h := range all {
		if strings.EqualFold(h.Name, name) {
			return h, true, nil
		}
	}
	return Household{}, false, err
}

// Named finds the household of a name.
func (r *Register) Named(name string) (h Household, ok bool, err error) {
	err = r.shelf.View(func(tx *shelf.Tx) error {
		h, ok, err = named(tx, name)
		return err
	})
	return h, ok, err
}

func (h Household) hash(password string) ([]byte, error) {
	sum, err := pbkdf2.Key(sha256.New, password, h.Salt, h.Rounds, passwordSize)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	return sum, nil
}

// SignIn finds the household of a name and a password.
func (r *Register) SignIn(name, password string) (h Household, ok bool, err error) {
	if len(name) > longest || len(password) > longest {
		return Household{}, false, nil
	}
	err = r.shelf.View(func(tx *shelf.Tx) error {
		h, ok, err = named(tx, name)
		return err
	})
	if err != nil {
		return Household{}, false, err
	}
	if !ok {
		h = Household{Salt: make([]byte, saltSize), Password: make([]byte, passwordSize), Rounds: r.rounds}
	}
	sum, err := h.hash(password)
	if err != nil || subtle.ConstantTimeCompare(sum, h.Password) != 1 || !ok {
		return Household{}, false, err
	}
	return h, true, nil
}
