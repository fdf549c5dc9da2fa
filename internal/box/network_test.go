package box

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// unconnected is a box with a radio and no network.
func unconnected() State {
	s := New("test", false)
	s.Network.NetworkReport = NetworkReport{Link: LinkNone, Radio: NetworkRadio{State: "disconnected"}}
	return s
}

// tell has events follow each other, and gives the effects of the last.
func tell(s State, events ...Event) (State, []Effect) {
	var fx []Effect
	for _, e := range events {
		s, fx = Next(s, start(), e)
	}
	return s, fx
}

// only are the effects that are about the network.
func only(fx []Effect) (list []Effect) {
	for _, f := range fx {
		switch f.(type) {
		case LookForNetworks, JoinNetwork, ForgetNetwork, CancelNetwork:
			list = append(list, f)
		}
	}
	return list
}

// wanted are those that begin something.
func wanted(fx []Effect) []Effect {
	return slices.DeleteFunc(only(fx), func(f Effect) bool { _, back := f.(CancelNetwork); return back })
}

func wantEffects(t *testing.T, fx []Effect, want ...Effect) {
	t.Helper()
	if d := cmp.Diff(want, only(fx)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestAFirstNetwork looks, chooses, is refused the passphrase, and gets on.
func TestAFirstNetwork(t *testing.T) {
	wrong := &Problem{Code: "wifi_passphrase"}
	s, fx := tell(unconnected(), NetworkLookAsked{})
	wantEffects(t, fx, LookForNetworks{Session: 1})
	if s, fx = tell(s, NetworkLookAsked{}); len(only(fx)) != 0 || !Look(s).Network.Looking {
		t.Errorf("two looks at once: %v", fx)
	}
	around := []NetworkSeen{{Name: "Kitchen", Signal: 70, Security: "wpa"}}
	s, _ = tell(s, NetworkLooked{Session: 1, Seen: around})
	if v := Look(s).Network; v.Looking || !slices.Equal(v.Networks, around) {
		t.Errorf("%+v", v)
	}
	s, fx = tell(s, NetworkJoinAsked{Name: "Kitchen", Ticket: 7})
	wantEffects(t, fx, JoinNetwork{Session: 2, Name: "Kitchen", Ticket: 7})
	if p := Refuse(s, NetworkJoinAsked{Name: "Garden"}); p == nil || p.Code != "wifi_busy" {
		t.Errorf("two at once: %v", p)
	}
	if _, fx = tell(s, NetworkLookAsked{}); len(only(fx)) != 0 {
		t.Errorf("a look in the way of joining: %v", fx)
	}
	s, _ = tell(s, NetworkAnswered{Session: 2, Problem: wrong})
	if a := Look(s).Network.Attempt; a == nil || a.Phase != AttemptFailed || a.Problem != wrong {
		t.Errorf("%+v", a)
	}
	s, _ = tell(s, NetworkJoinAsked{Name: "Kitchen", Ticket: 8}, NetworkAnswered{Session: 2}, // of the attempt before
		NetworkReported{NetworkReport{Link: LinkWiFi, Reach: ReachPortal, Radio: NetworkRadio{State: "connected", Name: "Kitchen"}}})
	if a := Look(s).Network.Attempt; a.Phase != AttemptRuns || a.Problem != nil {
		t.Errorf("an old answer counts: %+v", a)
	}
	s, _ = tell(s, NetworkAnswered{Session: 3})
	if v := Look(s).Network; v.Attempt.Phase != AttemptDone || v.Reach != ReachPortal || v.Link != LinkWiFi {
		t.Errorf("%+v", v)
	}
}

// TestANetworkIsTakenBack: cancelling ends what runs, late answers change
// nothing, and what was around is forgotten.
func TestANetworkIsTakenBack(t *testing.T) {
	s, _ := tell(unconnected(), NetworkLookAsked{}, NetworkLooked{Session: 1, Seen: []NetworkSeen{{Name: "Kitchen"}}}, NetworkJoinAsked{Name: "Kitchen"})
	s, fx := tell(s, NetworkCancelled{})
	wantEffects(t, fx, CancelNetwork{Session: 2})
	s, _ = tell(s, NetworkAnswered{Session: 2, Problem: &Problem{Code: "x"}})
	if v := Look(s).Network; v.Attempt != nil || len(v.Networks) != 0 {
		t.Errorf("%+v", v)
	}
	s, fx = tell(s, NetworkForgetAsked{Name: "Kitchen"})
	wantEffects(t, fx, ForgetNetwork{Session: 3, Name: "Kitchen"})
	s, _ = tell(s, NetworkAnswered{Session: 3}, NetworkLookAsked{})
	s, fx = tell(s, NetworkCancelled{})
	wantEffects(t, fx, CancelNetwork{Session: 4})
	if s, _ = tell(s, NetworkLooked{Session: 4, Seen: []NetworkSeen{{Name: "Kitchen"}}}); len(s.Network.Seen) != 0 {
		t.Error("what a look found that nobody waits for is shown")
	}
}

// TestALookGivesWay to joining, at once.
func TestALookGivesWay(t *testing.T) {
	s, fx := tell(unconnected(), NetworkLookAsked{}, NetworkJoinAsked{Name: "Kitchen"})
	wantEffects(t, fx, CancelNetwork{Session: 1}, JoinNetwork{Session: 2, Name: "Kitchen"})
	if s, _ = tell(s, NetworkLooked{Session: 1, Seen: []NetworkSeen{{Name: "Kitchen"}}}); len(s.Network.Seen) > 0 {
		t.Error("what it found is shown")
	}
}

// TestWhoWaitsHasReadIt: of what an installer waited for nothing is left for
// the screen to read, and meanwhile the screen is refused.
func TestWhoWaitsHasReadIt(t *testing.T) {
	for _, e := range []Event{NetworkJoinAsked{Name: "Kitchen", Ticket: 7, Awaited: true}, NetworkForgetAsked{Name: "Kitchen", Ticket: 7, Awaited: true}} {
		s, fx := tell(unconnected(), e)
		if v := Look(s).Network.Attempt; v == nil || v.Phase != AttemptRuns || len(only(fx)) != 1 {
			t.Errorf("%+v, %v", v, fx)
		}
		if p := Refuse(s, NetworkJoinAsked{Name: "Garden"}); p == nil || p.Code != "wifi_busy" {
			t.Errorf("%+v", p)
		}
		if s, fx = tell(s, NetworkCancelled{}); len(only(fx)) != 0 || Look(s).Network.Attempt == nil {
			t.Errorf("the screen that is left takes it back: %v", fx)
		}
		if s, _ = tell(s, NetworkAnswered{Session: 1, Problem: &Problem{Code: "x"}}); Look(s).Network.Attempt != nil {
			t.Errorf("%+v", s.Network)
		}
		if s, _ = tell(s, NetworkJoinAsked{Name: "Garden"}, NetworkAnswered{Session: 2}); Look(s).Network.Attempt == nil {
			t.Error("the screen's own is gone as well")
		}
	}
}

// TestNamesOfNetworks: each octet that is no text, and each sign that would move
// a cursor, is shown as one, and what is meant stays known.
func TestNamesOfNetworks(t *testing.T) {
	for _, c := range []struct{ octets, name, ssid string }{
		{"Kitchen", "Kitchen", ""},
		{"\u706f\u706b", "\u706f\u706b", ""},
		{"Caf\xe9", "Caf\ufffd", "436166e9"},
		{"a\xff\xffb", "a\ufffd\ufffdb", "61ffff62"},
		{"\x00\x1b[2J", "\ufffd\ufffd[2J", "001b5b324a"},
		{"\ufffd", "\ufffd", ""}, // it is really called so
	} {
		name, ssid := ShowName(c.octets)
		if name != c.name || ssid != c.ssid {
			t.Errorf("%q: %q, %q", c.octets, name, ssid)
		}
		if back, ok := Octets(name, ssid); back != c.octets || !ok {
			t.Errorf("%q comes back as %q", c.octets, back)
		}
	}
	for _, ssid := range []string{"x", "4", "zz", strings.Repeat("41", 33)} {
		if p := Refuse(unconnected(), NetworkJoinAsked{Name: "a", SSID: ssid}); p == nil || p.Code != "wifi_unseen" {
			t.Errorf("%q: %+v", ssid, p)
		}
	}
	_, fx := tell(unconnected(), NetworkForgetAsked{Name: "whatever", SSID: "436166E9"})
	wantEffects(t, fx, ForgetNetwork{Session: 1, Name: "Caf\ufffd", SSID: "436166e9"})
	_, fx = tell(unconnected(), NetworkJoinAsked{Name: "plain", SSID: "4b6974"})
	wantEffects(t, fx, JoinNetwork{Session: 1, Name: "Kit"})
}

// FuzzNamesOfNetworks: whatever a router calls its network is shown as text that
// moves no cursor, and comes back octet by octet.
func FuzzNamesOfNetworks(f *testing.F) {
	for _, octets := range []string{"Kitchen", "Caf\xe9", "\x00\x1b[2J", "\u706f\u706b\x85", "\ufffd"} {
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, octets string) {
		if octets == "" || len(octets) > longestNetwork {
			return
		}
		name, ssid := ShowName(octets)
		if back, ok := Octets(name, ssid); !ok || back != octets {
			t.Errorf("%q comes back as %q", octets, back)
		}
		if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || (ssid == "") != (name == octets) {
			t.Errorf("%q is shown as %q, with %q", octets, name, ssid)
		}
	})
}

// TestNetworksAreRefused says what cannot be wanted, and why.
func TestNetworksAreRefused(t *testing.T) {
	none, off := New("test", false), unconnected()
	off.Network.Radio.State = RadioOff
	for _, c := range []struct {
		s    State
		e    Event
		want string
	}{
		{none, NetworkLookAsked{}, "wifi_adapter"},
		{none, NetworkJoinAsked{Name: "Kitchen"}, "wifi_adapter"},
		{off, NetworkLookAsked{}, "wifi_off"},
		{off, NetworkForgetAsked{Name: "Kitchen"}, "wifi_off"},
		{unconnected(), NetworkJoinAsked{}, "wifi_unseen"},
		{unconnected(), NetworkJoinAsked{Name: "a name of more than thirty-two bytes"}, "wifi_unseen"},
		{none, NetworkCancelled{}, ""},
		{unconnected(), NetworkJoinAsked{Name: "Kitchen"}, ""},
	} {
		p := Refuse(c.s, c.e)
		if (p == nil) != (c.want == "") || p != nil && (p.Code != c.want || p.Hint == "") {
			t.Errorf("%T: %+v, want %q", c.e, p, c.want)
		}
	}
}

// scriptedNetwork are the events of the network, for the fuzzer.
func scriptedNetwork(s State, arg byte) []Event {
	session := s.Network.Last - uint64(arg&1)
	return []Event{
		NetworkReported{NetworkReport{Link: LinkWiFi, Radio: NetworkRadio{State: []string{"disconnected", RadioOff, RadioAbsent, "connected"}[arg%4]}}},
		NetworkLookAsked{},
		NetworkLooked{Session: session, Seen: []NetworkSeen{{Name: "a"}}},
		NetworkJoinAsked{Name: "a", Ticket: uint64(arg), Awaited: arg%5 == 0},
		NetworkForgetAsked{Name: "a", Awaited: arg%7 == 0},
		NetworkAnswered{Session: session, Problem: map[bool]*Problem{true: {Code: "x"}}[arg%3 == 0]},
		NetworkCancelled{},
	}
}

func checkNetwork(t *testing.T, was, s State, fx []Effect) {
	t.Helper()
	n := s.Network
	switch {
	case n.Last < was.Network.Last || n.Look > n.Last || n.Attempt.Session > n.Last:
		t.Fatalf("numbers: %+v", n)
	case (n.Attempt.Phase == AttemptFailed) != (n.Attempt.Problem != nil):
		t.Fatalf("failed without a reason, or the other way round: %+v", n.Attempt)
	case n.Awaited && n.Attempt.Phase != AttemptRuns:
		t.Fatalf("awaited, and nothing runs: %+v", n)
	case n.Look != 0 && n.Attempt.Phase == AttemptRuns:
		t.Fatalf("it looks around while it joins: %+v", n)
	case n.Last > was.Network.Last+1 || n.Last > was.Network.Last && len(wanted(fx)) != 1:
		t.Fatalf("a number for nothing: %v", fx)
	case was.Network.Look != 0 && n.Look == 0 && n.Last > was.Network.Last && !slices.Contains(fx, Effect(CancelNetwork{Session: was.Network.Look})):
		t.Fatalf("a look that nobody waits for runs on: %v", fx)
	}
}
