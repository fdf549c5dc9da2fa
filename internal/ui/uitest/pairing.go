package uitest

import (
	"time"

	"usher/internal/box"
)

// Pairing is how the accounts of the pretended box stand at first.
func Pairing() box.PairingView {
	return box.PairingView{
		Keys:     box.Keys{Tier: "file", Text: "Keys and tokens are in files that only the daemon may read."},
		Accounts: []box.AccountView{{Service: "demo", Phase: box.AccountIdle}},
	}
}

// applyPairing gives a code at once, and nobody approves it.
func applyPairing(v *box.PairingView, e box.Event) {
	switch e := e.(type) {
	case box.PairRequested:
		setAccount(v, box.AccountView{
			Service: e.Service, Phase: box.AccountWaiting, Attempt: attempt(*v, e.Service) + 1, UserCode: "WDJB-MJHT", URI: "https://films.example/activate",
			URIComplete: "https://films.example/activate?user_code=WDJB-MJHT", ExpiresAtMS: time.Now().Add(10 * time.Minute).UnixMilli(),
			QR: &box.QR{Size: 1, Modules: "1"},
		})
	case box.PairCancelled:
		setAccount(v, box.AccountView{Service: e.Service, Phase: box.AccountIdle})
	case box.UnpairRequested:
		setAccount(v, box.AccountView{Service: e.Service, Phase: box.AccountIdle, Telling: true})
	}
}

func attempt(v box.PairingView, service string) uint64 {
	for _, a := range v.Accounts {
		if a.Service == service {
			return a.Attempt
		}
	}
	return 0
}

func unpairRefusal(v box.PairingView) *box.Problem {
	for _, a := range v.Accounts {
		if a.Phase == box.AccountPaired {
			return nil
		}
	}
	return &box.Problem{Code: "not_paired", Text: "The box is not connected to an account at this service.", Hint: "Run: usher pair"}
}

// setAccount replaces an account; the view before keeps its list.
func setAccount(v *box.PairingView, a box.AccountView) {
	next := make([]box.AccountView, 0, len(v.Accounts))
	for _, old := range v.Accounts {
		if old.Service == a.Service {
			a.Attempt = max(a.Attempt, old.Attempt)
			old = a
		}
		next = append(next, old)
	}
	v.Accounts = next
}

// SetAccount changes how an account stands.
func (b *Box) SetAccount(a box.AccountView) {
	b.Update(func(v *box.View) { setAccount(&v.Pairing, a) })
}
