package door

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"usher/cmd/boxoffice/pace"
)

const (
	// alphabet has no vowels, so that no words arise, and nothing that looks
	// like something else (RFC 8628 section 6.1).
	alphabet  = "BCDFGHJKLMNPQRSTVWXZ"
	codeRunes = 8 // 34 bits; guesses are limited where codes are typed
	mostCodes = 10_000
	slower    = 5 * time.Second        // RFC 8628 section 3.5
	early     = 300 * time.Millisecond // networks do not keep distances
	nameLimit = 64                     // runes of a box's name
)

// standing is what became of a code.
type standing uint8

const (
	pending standing = iota
	allowed
	declined
	used
)

// pairing is one code.
type pairing struct {
	user, device string // device is a sum
	scope, name  string
	from         string // the address that asked, as pace.Of
	begun, ends  time.Time

	state     standing
	household string
	key       string // thumbprint that the first poll was signed with
	box       string // that it made
	interval  time.Duration
	polled    time.Time
	decided   chan struct{} // closed
}

// codes are the pairings under way.
type codes struct {
	o Options

	mu       sync.Mutex
	byUser   map[string]*pairing
	byDevice map[string]*pairing
}

func newCodes(o Options) *codes {
	return &codes{o: o, byUser: map[string]*pairing{}, byDevice: map[string]*pairing{}}
}

// Asking is a box that waits for a person, as the person is shown it.
type Asking struct {
	Code  string // as on the television: two groups
	Name  string // what the box calls itself; "" where it says nothing
	Begun time.Time
	Ends  time.Time
	Near  bool // it asked from the network that the person is on
}

type deviceAnswer struct {
	Device   string `json:"device_code"`
	User     string `json:"user_code"`
	URI      string `json:"verification_uri"`
	Complete string `json:"verification_uri_complete"`
	Life     int    `json:"expires_in"`
	Interval int    `json:"interval"`
}

// serveDevice begins a pairing (RFC 8628 section 3.1). box_name is an addition
// of ours: what the person reads on the phone.
func (d *Door) serveDevice(r *http.Request) (any, error) {
	scope, err := scopes(r.PostForm.Get("scope"))
	if err != nil {
		return nil, err
	}
	from := pace.Of(r)
	if wait := d.asking.Take(from); wait > 0 {
		return nil, &Refusal{Status: http.StatusTooManyRequests, Code: "temporarily_unavailable", Text: "too many codes for this address", After: wait}
	}
	device := rand.Text() + rand.Text()
	p, ok := d.codes.add(device, &pairing{scope: scope, name: printable(r.PostForm.Get("box_name")), from: from})
	if !ok {
		return nil, &Refusal{Status: http.StatusServiceUnavailable, Code: "temporarily_unavailable", Text: "too many boxes are pairing", After: time.Minute}
	}
	page := d.Origin(r) + PathActivate
	return deviceAnswer{
		Device: device, User: grouped(p.user), URI: page, Complete: page + "?code=" + grouped(p.user),
		Life: int(d.o.CodeLife.Seconds()), Interval: max(int(d.o.Interval.Seconds()), 1),
	}, nil
}

// add gives a pairing its code. It fails when there are too many.
func (c *codes) add(device string, p *pairing) (*pairing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep()
	if len(c.byUser) >= mostCodes {
		return nil, false
	}
	p.user = userCode()
	for c.byUser[p.user] != nil {
		p.user = userCode()
	}
	now := c.o.Now()
	p.device, p.begun, p.ends = sum(device), now, now.Add(c.o.CodeLife)
	p.interval, p.decided = c.o.Interval, make(chan struct{})
	c.byUser[p.user], c.byDevice[p.device] = p, p
	return p, true
}

// sweep forgets codes a while after their end, so that a box that comes late is
// told the right thing.
func (c *codes) sweep() {
	for user, p := range c.byUser {
		if c.o.Now().After(p.ends.Add(c.o.CodeLife)) {
			delete(c.byUser, user)
			delete(c.byDevice, p.device)
		}
	}
}

func userCode() string {
	var b strings.Builder
	raw := make([]byte, 1)
	for b.Len() < codeRunes {
		_, _ = rand.Read(raw) // never fails (crypto/rand)
		// 240 is the largest multiple of 20 in a byte: each letter as likely.
		if raw[0] < 240 {
			b.WriteByte(alphabet[int(raw[0])%len(alphabet)])
		}
	}
	return b.String()
}

func grouped(code string) string { return code[:codeRunes/2] + "-" + code[codeRunes/2:] }

// Plain is a code as it may have been typed: small letters, spaces and dashes
// do not matter.
func Plain(typed string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToUpper(r); strings.ContainsRune(alphabet, r) {
			return r
		}
		if r == ' ' || r == '-' {
			return -1
		}
		return '?'
	}, strings.TrimSpace(typed))
}

// printable is a name without what could fool its reader.
func printable(name string) string {
	kept := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(name, "")))
	return strings.TrimSpace(string(kept[:min(len(kept), nameLimit)]))
}

// find is a code that can still be decided on.
func (c *codes) find(typed string) *pairing {
	p := c.byUser[Plain(typed)]
	if p == nil || p.state != pending || !c.o.Now().Before(p.ends) {
		return nil
	}
	return p
}

// Asking finds the box that shows a code. r is the person's request.
func (d *Door) Asking(typed string, r *http.Request) (Asking, bool) {
	d.codes.mu.Lock()
	defer d.codes.mu.Unlock()
	p := d.codes.find(typed)
	if p == nil {
		return Asking{}, false
	}
	return Asking{Code: grouped(p.user), Name: p.name, Begun: p.begun, Ends: p.ends, Near: p.from == pace.Of(r)}, true
}

// Allow lets the box that shows a code into a household. It is false when
// there is none any more.
func (d *Door) Allow(typed, household string) bool { return d.codes.decide(typed, allowed, household) }

// Decline turns it away.
func (d *Door) Decline(typed string) bool { return d.codes.decide(typed, declined, "") }

func (c *codes) decide(typed string, to standing, household string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.find(typed)
	if p == nil {
		return false
	}
	p.state, p.household = to, household
	close(p.decided)
	return true
}
