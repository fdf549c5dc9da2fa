package serve

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// expiryMargin is how long before its end a signed URL is not used any more:
// the request still has to get there.
const expiryMargin = 5 * time.Second

// clock is the time of a service by its own Date headers. Signed URLs end by
// that clock; the one of the box may stand in 1970.
type clock struct {
	ahead atomic.Int64 // nanoseconds, of the service before the box
	known atomic.Bool
}

// read takes the time from an answer that came at now. A cache on the way adds
// to Age what the Date is old (RFC 9111 section 4.2.3).
func (c *clock) read(h http.Header, now time.Time) {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.ahead.Store(int64(t.Add(seconds(h.Get("Age"))).Sub(now)))
	c.known.Store(true)
}

// over says that a signed URL has ended, as far as it tells and the time is
// known.
func (c *clock) over(raw string, now time.Time) bool {
	if !c.known.Load() || !strings.Contains(raw, "?") {
		return false
	}
	end, ok := expiryOf(raw)
	return ok && !now.Add(time.Duration(c.ahead.Load())+expiryMargin).Before(end)
}

// current is raw, or what its playlist names in its place once raw has ended
// by its own account: asking with it would cost a refusal.
func (s *session) current(ctx context.Context, from source, raw string) string {
	if s.clock.over(raw, time.Now()) {
		if next, ok := from.renew(ctx, raw); ok {
			return next
		}
	}
	return raw
}

// expiryOf finds the end of a signed URL in its query, as Akamai, CloudFront,
// Google, Amazon S3, Azure and those like them write it; the earliest one when
// there are several.
func expiryOf(raw string) (end time.Time, ok bool) {
	u, err := url.Parse(raw)
	if err != nil {
		return end, false
	}
	q := u.Query()
	for name, values := range q {
		t, found := expiryIn(name, values[0], q)
		if found && (!ok || t.Before(end)) {
			end, ok = t, true
		}
	}
	return end, ok
}

func expiryIn(name, value string, q url.Values) (time.Time, bool) {
	switch name {
	case "exp", "expires", "Expires":
		return epoch(value)
	case "hdnts", "hdntl", "hdnea", "__token__", "__gda__": // exp=1700000000~acl=/*~hmac=…
		for field := range strings.SplitSeq(value, "~") {
			if v, ok := strings.CutPrefix(field, "exp="); ok {
				return epoch(v)
			}
		}
	case "Policy":
		return policyEnd(value)
	case "X-Amz-Date", "X-Goog-Date": // 20260102T150405Z, and so many seconds from then
		begin, err := time.Parse("20060102T150405Z", value)
		life := seconds(q.Get(strings.TrimSuffix(name, "Date") + "Expires"))
		return begin.Add(life), err == nil && life > 0
	case "se": // Azure
		t, err := time.Parse(time.RFC3339, value)
		return t, err == nil
	}
	return time.Time{}, false
}

// epoch reads seconds since 1970; what cannot be such a time is none.
func epoch(v string) (time.Time, bool) {
	n, err := strconv.ParseInt(v, 10, 64)
	return time.Unix(n, 0), err == nil && n > 1e9 && n < 1e11
}

// policyEnd reads DateLessThan of a CloudFront policy, whose base64 has "-",
// "_" and "~" for "+", "=" and "/".
func policyEnd(v string) (time.Time, bool) {
	b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(v))
	if err != nil {
		return time.Time{}, false
	}
	var policy struct {
		Statement []struct {
			Condition struct {
				DateLessThan struct {
					Time int64 `json:"AWS:EpochTime"`
				}
			}
		}
	}
	if json.Unmarshal(b, &policy) != nil || len(policy.Statement) == 0 {
		return time.Time{}, false
	}
	return epoch(strconv.FormatInt(policy.Statement[0].Condition.DateLessThan.Time, 10))
}
