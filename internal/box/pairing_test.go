package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/offer"
)

// withAccounts is a box with an account at each of two services.
func withAccounts() State {
	s := New("test", false)
	s.Accounts = []Account{{Service: "anime", Phase: AccountIdle}, {Service: "demo", Phase: AccountIdle}}
	return s
}

func waiting(by Source) Account {
	return Account{
		Service: "demo", Phase: AccountWaiting, UserCode: "WDJB-MJHT", URI: "https://films.example/activate",
		Complete: "https://films.example/activate?user_code=WDJB-MJHT", QR: QR{Size: 1, Modules: "1"}, Ends: start().Add(time.Minute), By: by,
	}
}

func paired() Account { return Account{Service: "demo", Phase: AccountPaired, Bound: true} }

func TestPairing(t *testing.T) {
	s, now := withAccounts(), start()
	s, fx := Next(s, now, PairRequested{Service: "demo", By: ByPage})
	if d := cmp.Diff([]Effect{BeginPairing{Service: "demo"}}, fx); d != "" {
		t.Fatalf("asked (-want +got):\n%s", d)
	}
	seen := waiting("")
	s, fx = Next(s, now, PairingChanged{Account: seen})
	if len(fx) != 0 {
		t.Errorf("a code has effects: %v", fx)
	}
	v := Look(s).Pairing.Accounts[1]
	if v.UserCode != "WDJB-MJHT" || v.QR == nil || v.ExpiresAtMS != start().Add(time.Minute).UnixMilli() || v.Problem != nil {
		t.Errorf("waiting is seen as %+v", v)
	}
	s, fx = Next(s, now, PairingChanged{Account: paired()})
	if d := cmp.Diff([]Effect{ReadService{Service: "demo", Paired: true}}, fx); d != "" {
		t.Errorf("paired (-want +got):\n%s", d)
	}
	if v := Look(s).Pairing.Accounts[1]; v.UserCode != "" || v.QR != nil || !v.Bound {
		t.Errorf("paired is seen as %+v", v)
	}
	if _, fx = Next(s, now, PairingChanged{Account: paired()}); len(fx) != 0 {
		t.Errorf("the same again has effects: %v", fx)
	}
}

// TestNoCodeIsSeenAfterItsEnd: whatever an edge leaves in an account, only
// waiting shows a code.
func TestNoCodeIsSeenAfterItsEnd(t *testing.T) {
	for _, phase := range []AccountPhase{AccountIdle, AccountAsking, AccountPaired, AccountDenied, AccountExpired, AccountFailed} {
		a := waiting(ByPage)
		a.Phase = phase
		if v := lookAccount(a); v.UserCode != "" || v.URI != "" || v.URIComplete != "" || v.QR != nil || v.ExpiresAtMS != 0 {
			t.Errorf("%s shows %+v", phase, v)
		}
	}
}

func TestPairingRefused(t *testing.T) {
	on, dark := withAccounts(), withAccounts()
	dark.Power.State = PowerStandby
	has := on.withAccount(paired())
	for name, c := range map[string]struct {
		s    State
		e    Event
		want string
	}{
		"pair":                    {on, PairRequested{Service: "demo", By: ByPage}, ""},
		"pair at another service": {has, PairRequested{Service: "anime", By: ByPage}, ""},
		"pair nowhere":            {on, PairRequested{Service: "none", By: ByPage}, "no_account"},
		"pair twice":              {has, PairRequested{Service: "demo", By: ByCLI}, "already_paired"},
		"pair on a dark screen":   {dark, PairRequested{Service: "demo", By: ByPage}, "standby"},
		"pair by the installer":   {dark, PairRequested{Service: "demo", By: ByCLI}, ""},
		"cancel":                  {dark, PairCancelled{Service: "demo"}, ""},
		"cancel nowhere":          {on, PairCancelled{Service: ""}, "no_account"},
		"unpair":                  {has, UnpairRequested{Service: "demo"}, ""},
		"unpair twice":            {on, UnpairRequested{Service: "demo"}, "not_paired"},
		"unpair nowhere":          {on, UnpairRequested{Service: "none"}, "no_account"},
	} {
		got := ""
		if p := Refuse(c.s, c.e); p != nil {
			got = p.Code
		}
		if got != c.want {
			t.Errorf("%s: refused as %q, want %q", name, got, c.want)
		}
	}
}

// TestStandbyTakesCodesBack: a code nobody reads is a code for somebody else.
func TestStandbyTakesCodesBack(t *testing.T) {
	for _, c := range []struct {
		by   Source
		want bool
	}{{ByPage, true}, {ByRemote, true}, {ByCLI, false}} {
		s := withAccounts().withAccount(waiting(c.by))
		_, fx := Next(s, start(), StandbyAsked{By: ByRemote, Reason: "the power key"})
		got := false
		for _, f := range fx {
			got = got || f == CancelPairing{Service: "demo"}
		}
		if got != c.want {
			t.Errorf("asked for by %s: taken back %v", c.by, got)
		}
	}
}

// TestAccountEnds: what is watched with an account ends with it, and nothing
// else does.
func TestAccountEnds(t *testing.T) {
	for name, c := range map[string]struct {
		title string
		needs bool
		want  string
	}{
		"paid":            {"demo:film", true, "account_gone"},
		"free":            {"demo:film", false, ""},
		"another service": {"anime:film", true, ""},
	} {
		s := withAccounts().withAccount(paired())
		s.Session, s.Phase, s.Title = 4, Playing, offer.Title{ID: c.title}
		s.Playback.Account = c.needs
		gone := Account{Service: "demo", Phase: AccountIdle, Revoked: true}
		s, fx := Next(s, start(), PairingChanged{Account: gone})
		got := ""
		if s.Problem != nil {
			got = s.Problem.Code
		}
		if got != c.want {
			t.Errorf("%s: ends with %q, want %q", name, got, c.want)
		}
		if fx[0] != (ReadService{Service: "demo"}) {
			t.Errorf("%s: %v does not begin with reading the service again", name, fx)
		}
		if p := Look(s).Pairing.Accounts[1].Problem; p == nil || p.Code != "account_revoked" {
			t.Errorf("%s: nobody is told of the account: %v", name, p)
		}
	}
}

// TestAccountsOutliveTitles: State is made anew for each title.
func TestAccountsOutliveTitles(t *testing.T) {
	s := withAccounts().withAccount(paired())
	s.Keys = Keys{Tier: "file", Text: "x"}
	s, _ = Next(s, start(), PlayRequested{TitleID: "demo:film"})
	s, _ = Next(s, start(), StopRequested{})
	if v := Look(s).Pairing; v.Accounts[1].Phase != AccountPaired || v.Keys.Tier != "file" {
		t.Errorf("after a title: %+v", v)
	}
}

func TestEveryEndOfAPairingHasWords(t *testing.T) {
	codes := map[string]bool{}
	for _, a := range []Account{
		{Phase: AccountDenied},
		{Phase: AccountExpired},
		{Phase: AccountIdle, Revoked: true},
		{Phase: AccountFailed, Reason: "refused"},
		{Phase: AccountFailed, Reason: "garbage"},
		{Phase: AccountFailed, Reason: "lost"},
		{Phase: AccountFailed, Reason: "unsaved"},
		{Phase: AccountFailed, Reason: "downgraded"},
		{Phase: AccountFailed, Reason: "unreachable"},
	} {
		p := accountProblem(a)
		if p == nil || p.Text == "" || p.Hint == "" || codes[p.Code] {
			t.Fatalf("%+v: %+v", a, p)
		}
		codes[p.Code] = true
	}
	if p := accountProblem(Account{Phase: AccountIdle}); p != nil {
		t.Errorf("an unpaired box has the problem %q", p.Code)
	}
}

// scriptedPairing are the events of pairing for the fuzzer.
func scriptedPairing(arg byte) []Event {
	phases := []AccountPhase{AccountIdle, AccountAsking, AccountWaiting, AccountPaired, AccountDenied, AccountExpired, AccountFailed}
	service := []string{"demo", "anime", "none"}[arg%3]
	a := waiting("")
	a.Service, a.Phase, a.Revoked = service, phases[arg%7], arg%5 == 0
	return []Event{
		PairRequested{Service: service, By: []Source{ByPage, ByCLI}[arg%2]},
		PairCancelled{Service: service},
		UnpairRequested{Service: service},
		PairingChanged{Account: a},
		RightEnded{Session: uint64(arg) / 8, Problem: Problem{Code: "r"}},
		TimerFired{Timer: TimerBeat},
	}
}
