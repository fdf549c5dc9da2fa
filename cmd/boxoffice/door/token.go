package door

import (
	"errors"
	"net/http"
	"time"
)

// serveToken is the token endpoint (RFC 6749 section 3.2).
func (d *Door) serveToken(r *http.Request) (any, error) {
	grant := r.PostForm.Get("grant_type")
	if grant != grantDevice && grant != grantRefresh && grant != grantTicket {
		return nil, refuse("unsupported_grant_type", "a box pairs by code or ticket, and renews")
	}
	key, err := d.prove(r, "")
	if errors.Is(err, errNonce) {
		return nil, refuse("use_dpop_nonce", err.Error())
	}
	if err != nil {
		return nil, refuse("invalid_dpop_proof", err.Error())
	}
	switch f := r.PostForm; grant {
	case grantRefresh:
		return d.renew(f.Get("refresh_token"), key)
	case grantTicket:
		return d.enrol(exchange{f.Get("subject_token"), f.Get("subject_token_type"), f.Get("box_serial"), f.Get("box_name"), key})
	}
	return d.poll(r, key)
}

// poll is section 3.4 of RFC 8628. It is held until somebody decides, or for a
// few seconds.
func (d *Door) poll(r *http.Request, key string) (any, error) {
	device := sum(r.PostForm.Get("device_code"))
	p, wait, err := d.codes.poll(device, key)
	if err != nil {
		return nil, err
	}
	if wait {
		timer := time.NewTimer(max(min(d.o.Hold, p.ends.Sub(d.o.Now())), 0))
		defer timer.Stop()
		select {
		case <-p.decided:
		case <-timer.C:
		case <-r.Context().Done():
			return nil, refuse("authorization_pending", "")
		}
	}
	return d.decided(device)
}

// poll looks at a code, and says whether there is something to wait for.
func (c *codes) poll(device, key string) (*pairing, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.byDevice[device]
	if p == nil || p.key != "" && p.key != key {
		return nil, false, refuse("invalid_grant", "the device code is not good, or was first polled for with another key")
	}
	p.key = key
	now := c.o.Now()
	fast := !p.polled.IsZero() && now.Sub(p.polled) < p.interval-early
	p.polled = now
	if fast && p.state == pending {
		p.interval += slower
		no := refuse("slow_down", "wait longer between polls, from now on")
		no.Interval = int(p.interval.Seconds())
		return nil, false, no
	}
	return p, p.state == pending && now.Before(p.ends), nil
}

// decided answers a poll.
func (d *Door) decided(device string) (any, error) {
	d.codes.mu.Lock()
	defer d.codes.mu.Unlock()
	p := d.codes.byDevice[device]
	switch {
	case p == nil:
		return nil, refuse("expired_token", "the code has ended")
	case p.state == declined:
		return nil, refuse("access_denied", "a person said no")
	case p.state == used:
		// Somebody else has the code: what it made ends (RFC 6749 section 4.1.2).
		if _, err := d.Remove(p.household, p.box); err != nil {
			return nil, err
		}
		return nil, refuse("invalid_grant", "the device code was used before; pair again")
	case p.state == pending && !d.o.Now().Before(p.ends):
		return nil, refuse("expired_token", "the code has ended")
	case p.state == pending:
		return nil, refuse("authorization_pending", "nobody has decided yet")
	}
	t, err := d.enter(p)
	if err != nil {
		return nil, err
	}
	p.state = used
	return t, nil
}

// serveRevoke is RFC 7009: the answer is the same whether there was such a
// token or not.
func (d *Door) serveRevoke(r *http.Request) (any, error) {
	token := r.PostForm.Get("token")
	if token == "" {
		return nil, refuse("invalid_request", "token is missing")
	}
	return nil, d.revoke(token)
}
