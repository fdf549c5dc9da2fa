package box

// PairingView is topic "pairing".
type PairingView struct {
	Keys     Keys          `json:"keys"`
	Accounts []AccountView `json:"accounts"` // one for each service that has accounts, by id
}

// AccountView is how the account at one service stands.
type AccountView struct {
	Service     string       `json:"service"`
	Phase       AccountPhase `json:"phase"`                 // idle asking waiting paired denied expired failed
	UserCode    string       `json:"userCode,omitempty"`    // waiting: to be typed
	URI         string       `json:"uri,omitempty"`         // waiting: where to type it
	URIComplete string       `json:"uriComplete,omitempty"` // waiting: the same with the code in it
	QR          *QR          `json:"qr,omitempty"`          // waiting: of URIComplete, or of URI without one
	ExpiresAtMS int64        `json:"expiresAtMs,omitempty"` // waiting: Unix time in ms
	Attempt     uint64       `json:"attempt"`               // rises with each code that somebody asks for
	Away        bool         `json:"away"`                  // the service is not reached; the box goes on trying
	Bound       bool         `json:"bound"`                 // paired, and the tokens are bound to the box's key
	Telling     bool         `json:"telling"`               // unpaired, and the service does not know yet
	Problem     *Problem     `json:"problem,omitempty"`     // how the last pairing, or the account, came to its end
}

func lookPairing(s State) PairingView {
	v := PairingView{Keys: s.Keys, Accounts: []AccountView{}}
	for _, a := range s.Accounts {
		v.Accounts = append(v.Accounts, lookAccount(a))
	}
	return v
}

func lookAccount(a Account) AccountView {
	v := AccountView{
		Service: a.Service, Phase: a.Phase, Attempt: a.Attempt, Away: a.Away, Bound: a.Bound, Telling: a.Telling, Problem: accountProblem(a),
	}
	if a.Phase != AccountWaiting {
		return v // no code is seen any longer than it is good for
	}
	v.UserCode, v.URI, v.URIComplete, v.ExpiresAtMS = a.UserCode, a.URI, a.Complete, unixMS(a.Ends)
	if a.QR.Size > 0 {
		v.QR = &a.QR
	}
	return v
}

// accountProblem puts the end of a pairing, or of an account, into words.
func accountProblem(a Account) *Problem {
	switch a.Phase {
	case AccountDenied:
		return new(pairingDenied)
	case AccountExpired:
		return new(pairingExpired)
	case AccountFailed:
		return new(pairingFailure(a.Reason))
	case AccountIdle:
		if a.Revoked {
			return new(accountRevoked)
		}
	}
	return nil
}

func pairingFailure(reason string) Problem {
	switch reason {
	case "refused":
		return pairingRefused
	case "lost":
		return pairingLost
	case "unsaved":
		return pairingUnsaved
	case "downgraded":
		return pairingDowngraded
	case "unreachable":
		return pairingUnreachable
	}
	return pairingGarbage
}

// The problems of pairing.
var (
	noAccount = Problem{
		Code: "no_account", Text: "This box has no accounts at this service.",
		Hint: "Free titles play without one. Whoever set the box up can name the service's issuer in its configuration.",
	}
	alreadyPaired = Problem{
		Code: "already_paired", Text: "The box is connected to an account at this service already.",
		Hint: "Disconnect it first, on the box or with: usher unpair",
	}
	notPaired = Problem{
		Code: "not_paired", Text: "The box is not connected to an account at this service.",
		Hint: "Connect it on the screen, or run: usher pair",
	}
	accountGone = Problem{
		Code: "account_gone", Text: "The film ended because the box is no longer connected to the account that it was watched with.",
		Hint: "Connect the box again, or choose a free title.",
	}
	accountRevoked = Problem{
		Code: "account_revoked", Text: "The service disconnected this box from its account.",
		Hint: "Connect it again if it should be.",
	}
	pairingDenied = Problem{
		Code: "pairing_denied", Text: "Somebody declined on the phone.",
		Hint: "Ask for a new code if that was a mistake.",
	}
	pairingExpired = Problem{
		Code: "pairing_expired", Text: "The code has run out.",
		Hint: "Ask for a new one.",
	}
	pairingRefused = Problem{
		Code: "pairing_refused", Text: "The service refuses to connect this box.",
		Hint: "Ask the service; usher doctor has its reason.",
	}
	pairingGarbage = Problem{
		Code: "pairing_garbage", Text: "The service does not answer as it should, so that the box was not connected.",
		Hint: "Check issuer and pairing_hosts in the configuration, and whether this network asks for a sign-in page first.",
	}
	pairingLost = Problem{
		Code: "pairing_lost", Text: "The connection broke off in the very moment of the approval.",
		Hint: "Ask for a new code.",
	}
	pairingUnsaved = Problem{
		Code: "pairing_unsaved", Text: "The box could not keep the account.",
		Hint: "Run usher doctor: it looks at the disk and at where the keys are.",
	}
	pairingDowngraded = Problem{
		Code: "pairing_downgraded", Text: "The service did not bind the account to this box, so that it was not connected.",
		Hint: "Ask the service.",
	}
	pairingUnreachable = Problem{
		Code: "pairing_unreachable", Text: "The service was not reached for a quarter of an hour.",
		Hint: "Check the network, then ask for a new code.",
	}
)
