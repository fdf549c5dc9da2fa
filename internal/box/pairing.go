package box

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Account is how the account at one service stands, as internal/account last
// said. It holds what a screen may show: the device code and tokens are not in
// it, and never reach the core.
//
//	          PairRequested                code approved
//	idle ──────────────────▶ asking ─▶ waiting ─────────▶ paired
//	 ▲  ▲                       │         │                  │
//	 │  └── PairCancelled ──────┴─────────┤                  │
//	 │                                    ▼                  │
//	 │                        denied, expired, failed        │
//	 └── UnpairRequested, or the service took it back ◀──────┘
//
// Pairing takes nothing over and nothing takes it over, but for one: a film
// that is on goes on beside a code, an update waits for neither, and a box that
// goes to standby takes back a code that the page asked for, because nobody
// reads it there any more; one that the command line asked for stays.
type Account struct {
	Service  string
	Phase    AccountPhase
	UserCode string // while waiting
	URI      string
	Complete string // URI with the code in it; "": the service gives none
	QR       QR
	Ends     time.Time // of the code
	Reason   string    // of failed: refused, garbage, lost, unsaved, downgraded, unreachable
	Refusal  string    // the service's error code, of refused
	Away     bool      // the service is not reached; the box goes on trying
	Bound    bool      // paired, and the tokens are bound to the box's key
	Revoked  bool      // the service took the account back
	Telling  bool      // unpaired, and the service does not know yet
	By       Source    // who asked for the code last
	Attempt  uint64    // rises with each code that somebody asks for
}

// AccountPhase is how far an account is.
type AccountPhase string

// The phases, with the names they have on the bridge.
const (
	AccountIdle    AccountPhase = "idle"
	AccountAsking  AccountPhase = "asking"
	AccountWaiting AccountPhase = "waiting"
	AccountPaired  AccountPhase = "paired"
	AccountDenied  AccountPhase = "denied"
	AccountExpired AccountPhase = "expired"
	AccountFailed  AccountPhase = "failed"
)

// QR is a QR code without its quiet zone.
type QR struct {
	Size    int    `json:"size"`    // modules on a side
	Modules string `json:"modules"` // Size×Size characters by rows: '1' is dark
}

// Keys says where the keys of accounts are, and what that is worth.
type Keys struct {
	Tier   string `json:"tier"`   // tpm, keystore, systemd, file; "": there are no accounts
	Bound  bool   `json:"bound"`  // they cannot leave this box, not with its disk either
	Sealed bool   `json:"sealed"` // what is stored beside them cannot be read without this box
	Text   string `json:"text"`   // what that means, English
}

// Events of pairing. The first three are intents.
type (
	// PairRequested asks for a code. While there is one it changes nothing.
	PairRequested struct {
		Service string
		By      Source
	}
	// PairCancelled takes a code back, or clears the end of a pairing that was
	// read.
	PairCancelled struct{ Service string }
	// UnpairRequested ends the account on this box.
	UnpairRequested struct{ Service string }
	// PairingChanged says how an account stands; By and Attempt are not its to
	// say.
	PairingChanged struct{ Account Account }
)

func (PairRequested) boxEvent()   {}
func (PairCancelled) boxEvent()   {}
func (UnpairRequested) boxEvent() {}
func (PairingChanged) boxEvent()  {}

// Effects of pairing. What comes of them arrives as PairingChanged.
type (
	// BeginPairing has a code asked for.
	BeginPairing struct{ Service string }
	// CancelPairing takes it back.
	CancelPairing struct{ Service string }
	// Unpair wipes the account, and tells the service.
	Unpair struct{ Service string }
	// ReadService has what the service says read again: what it offers this
	// household may be another, and so are its leases.
	ReadService struct {
		Service string
		Paired  bool
	}
)

func (BeginPairing) boxEffect()  {}
func (CancelPairing) boxEffect() {}
func (Unpair) boxEffect()        {}
func (ReadService) boxEffect()   {}

// account is the account at a service, and whether there is one.
func (s State) account(service string) (Account, bool) {
	i, ok := slices.BinarySearchFunc(s.Accounts, service, func(a Account, id string) int { return cmp.Compare(a.Service, id) })
	if !ok {
		return Account{}, false
	}
	return s.Accounts[i], true
}

// refusePairing says why an intent of pairing cannot be carried out.
func refusePairing(s State, e Event) *Problem {
	switch e := e.(type) {
	case PairRequested:
		a, ok := s.account(e.Service)
		switch {
		case !ok:
			return new(noAccount)
		case a.Phase == AccountPaired:
			return new(alreadyPaired)
		case !s.Power.awake() && e.By != ByCLI:
			return new(inStandby)
		}
	case PairCancelled:
		if _, ok := s.account(e.Service); !ok {
			return new(noAccount)
		}
	case UnpairRequested:
		a, ok := s.account(e.Service)
		switch {
		case !ok:
			return new(noAccount)
		case a.Phase != AccountPaired:
			return new(notPaired)
		}
	}
	return nil
}

// pairing takes the events of pairing.
func pairing(s State, now time.Time, e Event) (State, []Effect) {
	switch e := e.(type) {
	case PairRequested:
		a, _ := s.account(e.Service)
		if a.Phase != AccountAsking && a.Phase != AccountWaiting {
			a = Account{Service: e.Service, Phase: AccountAsking, Attempt: a.Attempt + 1, Telling: a.Telling}
		}
		a.By = e.By
		return s.withAccount(a), []Effect{BeginPairing{Service: e.Service}}
	case PairCancelled:
		return s, []Effect{CancelPairing(e)}
	case UnpairRequested:
		return s, []Effect{Unpair(e)}
	case PairingChanged:
		return accountChanged(s, now, e.Account)
	}
	return s, nil
}

// accountChanged notes how an account stands. What it gave the right to ends
// with it.
func accountChanged(s State, now time.Time, a Account) (State, []Effect) {
	was, _ := s.account(a.Service)
	a.By, a.Attempt = was.By, was.Attempt
	s = s.withAccount(a)
	if (was.Phase == AccountPaired) == (a.Phase == AccountPaired) {
		return s, nil
	}
	fx := []Effect{ReadService{Service: a.Service, Paired: a.Phase == AccountPaired}}
	if a.Phase == AccountPaired || !s.Phase.active() || !s.Playback.Account || serviceOf(s.Title.ID) != a.Service {
		return s, fx
	}
	s, more := fail(s, now, accountGone)
	return s, append(fx, more...)
}

// serviceOf is the service of a qualified id.
func serviceOf(id string) string {
	service, _, _ := strings.Cut(id, ":")
	return service
}

func (s State) withAccount(a Account) State {
	s.Accounts = replaced(s.Accounts, a, func(v Account) string { return v.Service })
	return s
}

// takeBack are the codes that nobody reads any more when the screen goes dark.
func (s State) takeBack() (fx []Effect) {
	for _, a := range s.Accounts {
		if a.By != ByCLI && (a.Phase == AccountAsking || a.Phase == AccountWaiting) {
			fx = append(fx, CancelPairing{Service: a.Service})
		}
	}
	return fx
}
