package pairing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// The borders between kinds of HTTP status (RFC 9110 section 15).
const (
	statusOK      = 200
	statusRefused = 400
	statusServer  = 500
)

// MaxAnswer is how much of an answer is read, in bytes.
const MaxAnswer = 64 << 10

// ErrGarbage means that an answer is not what its RFC says. What it held is not
// told: it may be a secret.
var ErrGarbage = errors.New("the service's answer makes no sense")

// Kind is what an answer means for a pairing.
type Kind uint8

// The kinds of answers.
const (
	Wrong   Kind = iota // for good: Answer.Why and Code say more
	Pending             // nobody decided yet; to Ask: here is the code
	Slower              // slow_down
	No                  // access_denied
	Late                // expired_token
	Missed              // the service was not reached, or was not itself
	Granted             // the tokens are stored
)

// Answer is an answer of a service, judged.
type Answer struct {
	Kind     Kind
	Interval time.Duration // of Slower, where the service names a new one; else 0
	After    time.Duration // of Missed: no sooner than this (Retry-After); else 0
	Why      Reason        // of Wrong
	Code     string        // the error code of Refused
}

// Authorization is an answer to a request for a code (RFC 8628 section 3.2).
type Authorization struct {
	Device   Secret
	User     string
	URI      string
	Complete string
	Life     time.Duration // up to LongestCode
	Interval time.Duration // from 1 s
}

// ParseAuthorization reads a code. Where it leads is for [CheckPlace].
func ParseAuthorization(body []byte) (Authorization, error) {
	var a struct {
		Device   string  `json:"device_code"`
		User     string  `json:"user_code"`
		URI      string  `json:"verification_uri"`
		URL      string  `json:"verification_url"` // what Google calls it
		Complete string  `json:"verification_uri_complete"`
		Life     float64 `json:"expires_in"`
		Interval float64 `json:"interval"`
	}
	if err := decode(body, &a); err != nil {
		return Authorization{}, err
	}
	if a.URI == "" {
		a.URI = a.URL
	}
	g := Authorization{Device: Secret(a.Device), User: a.User, URI: a.URI, Complete: a.Complete, Interval: DefaultInterval}
	g.Life = seconds(a.Life, LongestCode)
	if a.Interval != 0 {
		g.Interval = max(seconds(a.Interval, LongestCode), time.Second)
	}
	return g, g.check(a.Interval)
}

func (g Authorization) check(interval float64) error {
	switch {
	case !visible(g.Device.Reveal(), 1, 2048):
		return fmt.Errorf("%w: device_code is missing, too long or not ASCII", ErrGarbage)
	case !visible(g.User, 1, 32) || strings.TrimSpace(g.User) != g.User:
		return fmt.Errorf("%w: user_code is missing, longer than 32 or not ASCII", ErrGarbage)
	case !visible(g.URI, 1, 128) || !visible(g.Complete, 0, 512):
		return fmt.Errorf("%w: verification_uri is missing, too long or not ASCII", ErrGarbage)
	case g.Life <= 0 || interval < 0 || g.Interval >= g.Life:
		return fmt.Errorf("%w: expires_in or interval leaves no time to poll", ErrGarbage)
	}
	return nil
}

// Tokens are what the box may use at a service (RFC 6749 section 5.1).
type Tokens struct {
	Access  Secret
	Refresh Secret        // "" for none
	Type    string        // "DPoP" or "Bearer", in the service's spelling
	Life    time.Duration // of Access; 0 where the service does not say
	Scope   string        // what was granted; "" is what was asked for
}

// Bound says whether the tokens are of use only with the box's key (RFC 9449
// section 5).
func (t Tokens) Bound() bool { return strings.EqualFold(t.Type, "DPoP") }

// ParseTokens reads tokens.
func ParseTokens(body []byte) (Tokens, error) {
	var a struct {
		Access  string  `json:"access_token"`
		Refresh string  `json:"refresh_token"`
		Type    string  `json:"token_type"`
		Life    float64 `json:"expires_in"`
		Scope   string  `json:"scope"`
	}
	if err := decode(body, &a); err != nil {
		return Tokens{}, err
	}
	const longest = 16 << 10
	switch {
	case !visible(a.Access, 1, longest) || !visible(a.Refresh, 0, longest):
		return Tokens{}, fmt.Errorf("%w: a token is missing, too long or not ASCII", ErrGarbage)
	case !visible(a.Type, 1, 32) || !visible(a.Scope, 0, 1024):
		return Tokens{}, fmt.Errorf("%w: token_type or scope is missing, too long or not ASCII", ErrGarbage)
	case a.Life < 0:
		return Tokens{}, fmt.Errorf("%w: expires_in is negative", ErrGarbage)
	}
	return Tokens{
		Access: Secret(a.Access), Refresh: Secret(a.Refresh), Type: a.Type,
		Life: seconds(a.Life, 10*365*24*time.Hour), Scope: a.Scope,
	}, nil
}

// ParsePoll judges an answer to a poll. after is its Retry-After. With 200 the
// device code is used up: either there are tokens, or they are lost.
func ParsePoll(status int, after time.Duration, body []byte) (Answer, Tokens) {
	if status == statusOK {
		t, err := ParseTokens(body)
		if err != nil {
			return Answer{Kind: Wrong, Why: Lost}, Tokens{}
		}
		return Answer{Kind: Granted}, t
	}
	code, interval := refusal(body)
	switch {
	case status >= statusServer || code == "temporarily_unavailable" || code == "server_error",
		code == "" || status < statusRefused:
		return Answer{Kind: Missed, After: min(after, LongestCode)}, Tokens{}
	case code == "authorization_pending":
		return Answer{Kind: Pending}, Tokens{}
	case code == "slow_down":
		return Answer{Kind: Slower, Interval: interval}, Tokens{}
	case code == "access_denied":
		return Answer{Kind: No}, Tokens{}
	case code == "expired_token":
		return Answer{Kind: Late}, Tokens{}
	}
	return Answer{Kind: Wrong, Why: Refused, Code: code}, Tokens{}
}

// ParseRefusal is the error code of an answer (RFC 6749 section 5.2), "" when
// it has none: then it is not the authorization server that speaks.
func ParseRefusal(body []byte) string {
	code, _ := refusal(body)
	return code
}

func refusal(body []byte) (code string, interval time.Duration) {
	var a struct {
		Code     string  `json:"error"`
		Interval float64 `json:"interval"` // GitHub's slow_down names the new one
	}
	if decode(body, &a) != nil || a.Code == "" {
		return "", 0
	}
	if len(a.Code) > 64 || strings.Trim(a.Code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "unknown_error", 0 // it will be shown and logged
	}
	return a.Code, seconds(a.Interval, LongestCode)
}

// decode reads one JSON object and nothing after it.
func decode(body []byte, into any) error {
	if len(body) > MaxAnswer {
		return fmt.Errorf("%w: longer than %d bytes", ErrGarbage, MaxAnswer)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: not the JSON it should be", ErrGarbage)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the JSON", ErrGarbage)
	}
	return nil
}

// seconds is a number of seconds within 0 and most.
func seconds(s float64, most time.Duration) time.Duration {
	if s >= most.Seconds() {
		return most
	}
	return time.Duration(max(s, 0) * float64(time.Second))
}

// visible says whether s is printable ASCII with a length in bounds.
func visible(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for _, c := range []byte(s) {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}
