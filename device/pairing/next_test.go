package pairing

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const sec = time.Second

// bench steps a pairing by hand.
type bench struct {
	*testing.T
	s   State
	now time.Duration
	out []Effect
}

func (b *bench) on(e Event) {
	b.s, b.out = Next(b.s, b.now, e)
}

// effect is the last effect that is not Wake, or nil.
func (b *bench) effect() Effect {
	for _, e := range b.out {
		if _, wake := e.(Wake); !wake {
			return e
		}
	}
	return nil
}

// ring lets time pass up to the timer that was asked for.
func (b *bench) ring() time.Duration {
	b.Helper()
	wake, ok := b.out[len(b.out)-1].(Wake)
	if !ok {
		b.Fatalf("no timer in %+v", b.out)
	}
	gap := wake.At - b.now
	b.now = wake.At
	b.on(Tick{})
	return gap
}

func grant() Authorization {
	return Authorization{Device: "dev", User: "ABCD", URI: "https://a.example/tv", Life: 600 * sec, Interval: 5 * sec}
}

// waiting is a pairing that shows its code.
func waiting(t *testing.T, g Authorization) *bench {
	b := &bench{T: t, now: 100 * sec}
	b.on(Begin{})
	b.on(Asked{Run: b.s.Run, Answer: Answer{Kind: Pending}, Grant: g})
	if b.s.Phase != Waiting || b.s.Code.User != g.User {
		t.Fatalf("%+v", b.s)
	}
	return b
}

// poll waits for the next poll, and answers it.
func (b *bench) poll(a Answer) time.Duration {
	b.Helper()
	gap := b.ring()
	if p, ok := b.effect().(Poll); !ok || p.Device != "dev" || p.Run != b.s.Run {
		b.Fatalf("no poll but %+v in %+v", b.out, b.s)
	}
	b.on(Polled{Run: b.s.Run, Answer: a})
	return gap
}

func TestGapsBetweenPolls(t *testing.T) {
	pending, slow, away := Answer{Kind: Pending}, Answer{Kind: Slower}, Answer{Kind: Missed}
	for name, row := range map[string]struct {
		answers []Answer
		gaps    []int // before each poll, and one more at the end
	}{
		"steady":                  {[]Answer{pending, pending}, []int{5, 5, 5}},
		"slow_down is for good":   {[]Answer{slow, slow, pending, pending}, []int{5, 10, 15, 15, 15}},
		"back-off, and back":      {[]Answer{away, away, away, away, away, pending}, []int{5, 10, 20, 40, 60, 60, 5}},
		"both are apart":          {[]Answer{slow, away, away, pending}, []int{5, 10, 20, 40, 10}},
		"slow_down ends back-off": {[]Answer{away, away, slow}, []int{5, 10, 20, 10}},
		"Retry-After":             {[]Answer{{Kind: Missed, After: 45 * sec}, pending}, []int{5, 45, 5}},
		"a named interval":        {[]Answer{{Kind: Slower, Interval: 30 * sec}, pending}, []int{5, 30, 30}},
		"never shorter":           {[]Answer{{Kind: Slower, Interval: sec}, pending}, []int{5, 10, 10}},
	} {
		t.Run(name, func(t *testing.T) {
			b := waiting(t, grant())
			for i, a := range row.answers {
				if gap := b.poll(a); gap != time.Duration(row.gaps[i])*sec {
					t.Errorf("poll %d after %v, want %d s", i+1, gap, row.gaps[i])
				}
				if b.s.Away != (a.Kind == Missed) {
					t.Errorf("after poll %d: away is %v", i+1, b.s.Away)
				}
			}
			if gap := b.ring(); gap != time.Duration(row.gaps[len(row.answers)])*sec {
				t.Errorf("the last poll after %v", gap)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	for name, row := range map[string]struct {
		answer Answer
		want   State
	}{
		"denied":     {Answer{Kind: No}, State{Phase: Denied}},
		"expired":    {Answer{Kind: Late}, State{Phase: Expired}},
		"granted":    {Answer{Kind: Granted}, State{Phase: Paired}},
		"refused":    {Answer{Why: Refused, Code: "invalid_grant"}, State{Phase: Failed, Reason: Refused, Refusal: "invalid_grant"}},
		"lost":       {Answer{Why: Lost}, State{Phase: Failed, Reason: Lost}},
		"not saved":  {Answer{Why: Unsaved}, State{Phase: Failed, Reason: Unsaved}},
		"downgraded": {Answer{Why: Downgraded}, State{Phase: Failed, Reason: Downgraded}},
	} {
		t.Run(name, func(t *testing.T) {
			b := waiting(t, grant())
			b.poll(Answer{Kind: Missed})
			b.poll(row.answer)
			row.want.Run = 1
			if b.s != row.want || len(b.out) != 0 {
				t.Errorf("%+v with %+v", b.s, b.out)
			}
			for range 3 { // nothing starts by itself
				b.now += time.Hour
				if b.on(Tick{}); b.s != row.want || len(b.out) != 0 {
					t.Errorf("later: %+v with %+v", b.s, b.out)
				}
			}
			b.on(Begin{})
			if want := row.want.Phase != Paired; (b.s.Phase == Asking) != want || want && b.s.Run != 2 {
				t.Errorf("a person begins: %+v", b.s)
			}
		})
	}
}

func TestCodeEndsByTheClockOfTheBox(t *testing.T) {
	g := grant()
	g.Life = 12 * sec
	b := waiting(t, g)
	b.poll(Answer{Kind: Pending})
	b.ring() // the second poll, at 10 s, is not answered
	if gap := b.ring(); gap != 2*sec || b.s.Phase != Expired || b.s.Code != (Code{}) {
		t.Errorf("after %v: %+v", gap, b.s)
	}
	b.on(Polled{Run: 1, Answer: Answer{Kind: Granted}}) // it was in time for the service
	if b.s.Phase != Paired {
		t.Errorf("tokens that are stored: %+v", b.s)
	}
}

func TestBackOffDoesNotSleepThroughTheEnd(t *testing.T) {
	g := grant()
	g.Life = 50 * sec
	b := waiting(t, g)
	b.poll(Answer{Kind: Missed})
	b.poll(Answer{Kind: Missed})                            // at 15 s
	if gap := b.poll(Answer{Kind: Missed}); gap != 20*sec { // at 35 s; 40 more would be too late
		t.Errorf("third after %v", gap)
	}
	if gap := b.poll(Answer{Kind: Granted}); gap != 13*sec || b.s.Phase != Paired {
		t.Errorf("last after %v: %+v", gap, b.s)
	}
}

func TestAskingGoesOnWhileTheServiceIsAway(t *testing.T) {
	b := &bench{T: t}
	b.on(Begin{})
	for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		if b.effect() != (Ask{Run: 1}) {
			t.Fatalf("%+v", b.out)
		}
		b.on(Asked{Run: 1, Answer: Answer{Kind: Missed}})
		if gap := b.ring(); gap != want*sec {
			t.Errorf("asked again after %v, want %d s", gap, want)
		}
	}
	b.on(Asked{Run: 1, Answer: Answer{Kind: Pending}, Grant: grant()})
	if b.s.Phase != Waiting || b.s.Away {
		t.Errorf("%+v", b.s)
	}
	b = &bench{T: t}
	for b.on(Begin{}); b.s.Phase == Asking; b.ring() {
		b.on(Asked{Run: 1, Answer: Answer{Kind: Missed}})
	}
	if b.s.Reason != Unreachable || b.now != AskFor {
		t.Errorf("at %v: %+v", b.now, b.s)
	}
}

func TestCancel(t *testing.T) {
	b := waiting(t, grant())
	b.ring() // a poll is on its way
	b.on(Begin{})
	if b.s.Phase != Waiting || b.s.Run != 1 {
		t.Errorf("a second Begin: %+v", b.s)
	}
	b.on(Cancel{})
	if b.s != (State{Phase: Idle, Run: 1}) || len(b.out) != 0 {
		t.Errorf("%+v, %+v", b.s, b.out)
	}
	b.on(Polled{Run: 1, Answer: Answer{Kind: Granted}})
	if b.effect() != (Forget{Run: 1}) || b.s.Phase != Idle {
		t.Errorf("tokens that nobody wants: %+v", b.out)
	}
	b.on(Begin{})
	before := b.s
	for _, late := range []Event{
		Polled{Run: 1, Answer: Answer{Kind: No}}, Asked{Run: 1, Answer: Answer{Kind: Pending}, Grant: grant()},
	} {
		if b.on(late); b.s != before {
			t.Errorf("%+v changed %+v", late, b.s)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	b := waiting(t, grant())
	b.ring()
	j, err := json.Marshal(b.out)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := ParseTokens([]byte(`{"access_token":"dev-a","refresh_token":"dev-r","token_type":"DPoP"}`))
	if err != nil {
		t.Fatal(err)
	}
	all := string(j) + fmt.Sprintf("%v %+v %#v %s %q %x %o", b.s, b.s, b.s, b.out, b.out, tokens.Access, tokens.Refresh)
	if strings.Contains(all, "dev") || strings.Contains(all, "646576") {
		t.Error(all)
	}
	if tokens.Access.Reveal() != "dev-a" || !tokens.Bound() {
		t.Errorf("%+v", tokens)
	}
}

func TestParseAuthorization(t *testing.T) {
	const ok = `"device_code":"d","user_code":"AB-CD","verification_uri":"https://a.example/tv"`
	for _, row := range []struct {
		body     string
		interval time.Duration
		life     time.Duration
	}{
		{`{` + ok + `,"expires_in":600}`, 5 * sec, 600 * sec},
		{`{` + ok + `,"expires_in":600,"interval":0}`, 5 * sec, 600 * sec},
		{`{` + ok + `,"expires_in":600,"interval":7}`, 7 * sec, 600 * sec},
		{`{` + ok + `,"expires_in":600,"interval":0.1}`, sec, 600 * sec},
		{`{` + ok + `,"expires_in":1e99,"interval":1}`, sec, LongestCode},
		{`{"device_code":"d","user_code":"A","verification_url":"https://a.example","expires_in":60}`, 5 * sec, 60 * sec},
	} {
		g, err := ParseAuthorization([]byte(row.body))
		if err != nil || g.Interval != row.interval || g.Life != row.life || g.Device != "d" || g.URI == "" {
			t.Errorf("%s: %+v, %v", row.body, g, err)
		}
	}
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `{` + ok + `}`, `{` + ok + `,"expires_in":-1}`, `{` + ok + `,"expires_in":4}`, `{` + ok + `,"expires_in":60,"interval":-1}`,
		`{` + ok + `,"expires_in":60,"interval":60}`, `{` + ok + `,"expires_in":600} {}`, `{` + ok + `,"expires_in":"600"}`,
		`{"user_code":"A","verification_uri":"https://a.example","expires_in":60}`,
		`{"device_code":"d","user_code":"A\u202eB","verification_uri":"https://a.example","expires_in":60}`,
		`{"device_code":"d","user_code":"` + strings.Repeat("A", 33) + `","verification_uri":"https://a.example","expires_in":60}`,
		`{"device_code":"d\n","user_code":"A","verification_uri":"https://a.example","expires_in":60}`,
		`{"device_code":"d","user_code":"A","verification_uri":"` + strings.Repeat("a", MaxAnswer) + `","expires_in":60}`,
	} {
		if g, err := ParseAuthorization([]byte(body)); !errors.Is(err, ErrGarbage) {
			t.Errorf("%.120s: %+v, %v", body, g, err)
		}
	}
}

func TestParsePoll(t *testing.T) {
	for _, row := range []struct {
		status int
		body   string
		want   Answer
	}{
		{400, `{"error":"authorization_pending"}`, Answer{Kind: Pending}},
		{400, `{"error":"slow_down"}`, Answer{Kind: Slower}},
		{400, `{"error":"slow_down","interval":20}`, Answer{Kind: Slower, Interval: 20 * sec}},
		{400, `{"error":"access_denied"}`, Answer{Kind: No}},
		{400, `{"error":"expired_token"}`, Answer{Kind: Late}},
		{400, `{"error":"invalid_grant"}`, Answer{Why: Refused, Code: "invalid_grant"}},
		{400, `{"error":"invalid_request"}`, Answer{Why: Refused, Code: "invalid_request"}},
		{401, `{"error":"invalid_client"}`, Answer{Why: Refused, Code: "invalid_client"}},
		{400, `{"error":"<script>"}`, Answer{Why: Refused, Code: "unknown_error"}},
		{400, `{"error":"temporarily_unavailable"}`, Answer{Kind: Missed}},
		{503, `{"error":"access_denied"}`, Answer{Kind: Missed}},
		{502, `<html>`, Answer{Kind: Missed}},
		{404, `<html>`, Answer{Kind: Missed}},
		{302, `{"error":"access_denied"}`, Answer{Kind: Missed}},
		{429, ``, Answer{Kind: Missed}},
		{200, `{"access_token":"a","token_type":"DPoP"}`, Answer{Kind: Granted}},
		{200, `{"error":"authorization_pending"}`, Answer{Why: Lost}},
		{200, ``, Answer{Why: Lost}},
		{200, `<html>`, Answer{Why: Lost}},
		{200, `{"access_token":"a\nb","token_type":"DPoP"}`, Answer{Why: Lost}},
		{200, `{"access_token":"a"}`, Answer{Why: Lost}},
	} {
		if got, _ := ParsePoll(row.status, 0, []byte(row.body)); got != row.want {
			t.Errorf("%d %s: %+v, want %+v", row.status, row.body, got, row.want)
		}
	}
	if got, _ := ParsePoll(503, time.Minute, nil); got.After != time.Minute {
		t.Errorf("Retry-After: %+v", got)
	}
}

func TestCheckPlace(t *testing.T) {
	const issuer = "https://auth.example.com/tenant"
	for _, row := range []struct {
		issuer, page string
		good         bool
	}{
		{issuer, "https://auth.example.com/tv?user_code=A", true},
		{issuer, "https://AUTH.example.com/tv", true},
		{issuer, "https://tv.auth.example.com/", true},
		{issuer, "https://films.example/tv", true}, // named
		{issuer, "http://auth.example.com/tv", false},
		{issuer, "http://127.0.0.1/tv", false},
		{issuer, "https://127.0.0.1/tv", false},
		{issuer, "https://example.com/tv", false},
		{issuer, "https://notauth.example.com/", false},
		{issuer, "https://auth.example.com.evil.example/", false},
		{issuer, "https://evil.example/auth.example.com", false},
		{issuer, "https://auth.example.com@evil.example/", false},
		{issuer, "https://auth.example.com:8443/", false},
		{issuer, "https://auth.example.com/#x", false},
		{issuer, "javascript:alert(1)", false},
		{issuer, "//auth.example.com/tv", false},
		{issuer, "", false},
		{"http://auth.example.com", "https://auth.example.com/", false},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9000/device", true},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9001/device", false},
		{"http://localhost:9000", "http://192.168.0.2:9000/device", false},
	} {
		err := CheckPlace(row.issuer, row.page, []string{"films.example"})
		if (err == nil) != row.good || err != nil && !errors.Is(err, ErrGarbage) {
			t.Errorf("%s from %s: %v", row.page, row.issuer, err)
		}
		if err != nil && row.page != "" && strings.Contains(err.Error(), row.page) {
			t.Errorf("the error tells the address: %v", err)
		}
	}
	g := grant()
	g.Complete = "https://evil.example/"
	if g.CheckPlaces("https://a.example", nil) == nil {
		t.Error("the address in the QR code is not looked at")
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a","token_type":"DPoP","expires_in":60,"refresh_token":"r","scope":"s"}`))
	f.Add(400, []byte(`{"error":"slow_down","interval":1e300}`))
	f.Add(200, []byte(`{"device_code":"d","user_code":"U","verification_uri":"https://a.example/","expires_in":600,"interval":5}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a, tokens := ParsePoll(status, 0, body)
		if (a.Kind == Granted) != (tokens.Access != "") || a.Kind == Granted && status != 200 {
			t.Errorf("%+v with %+v", a, tokens)
		}
		if a.Kind == Missed && status == 200 {
			t.Error("a code that earned a 200 would be sent again")
		}
		if len(a.Code) > 64 || a.Interval < 0 || a.Interval > LongestCode || tokens.Life < 0 {
			t.Errorf("%+v, %v", a, tokens.Life)
		}
		g, err := ParseAuthorization(body)
		if err == nil && (g.Interval < sec || g.Life <= g.Interval || g.Life > LongestCode || g.Device == "" || len(g.User) > 32) {
			t.Errorf("%+v", g)
		}
		if err == nil && CheckPlace("https://a.example", g.URI, nil) == nil && !strings.HasPrefix(strings.ToLower(g.URI), "https://") {
			t.Errorf("%q passed", g.URI)
		}
	})
}

// FuzzNext drives a pairing with any events at any times: polls keep their
// distance, a code that was used or ended is never sent, and only a person
// begins.
func FuzzNext(f *testing.F) {
	f.Add([]byte{0, 10, 1, 5, 2, 5, 3, 5, 4, 60})
	f.Fuzz(func(t *testing.T, script []byte) {
		var s State
		var now, last time.Duration
		sent := false
		for i := 0; i+1 < len(script); i += 2 {
			now += time.Duration(script[i+1]) * sec / 4
			e := event(script[i], s.Run)
			before := s
			var out []Effect
			s, out = Next(s, now, e)
			for _, effect := range out {
				if _, ok := effect.(Poll); !ok {
					continue
				}
				if s.Phase != Waiting || before.Phase != Waiting || now > s.Code.Ends {
					t.Fatalf("poll in %+v after %+v", s, before)
				}
				if sent && before.Run == s.Run && now-last < s.gap {
					t.Fatalf("poll %v after the last one, gap %v", now-last, s.gap)
				}
				last, sent = now, true
			}
			if _, person := e.(Begin); s.Run != before.Run && !person {
				t.Fatalf("%T began a pairing", e)
			}
			if s.Run != before.Run {
				sent = false
			}
			if (s.Phase == Waiting) != (s.Code != Code{}) || (s.Phase == Waiting) != (s.Device != "") {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func event(b byte, run uint64) Event {
	run -= uint64(b >> 7) // now and then of an older pairing
	switch b & 3 {
	case 0:
		return Begin{}
	case 1:
		return Asked{Run: run, Answer: Answer{Kind: Kind(b >> 2 & 7)}, Grant: grant()}
	case 2:
		return Polled{Run: run, Answer: Answer{Kind: Kind(b >> 2 & 7), After: time.Duration(b>>5&1) * 20 * sec}}
	}
	if b == 3 {
		return Cancel{}
	}
	return Tick{}
}
