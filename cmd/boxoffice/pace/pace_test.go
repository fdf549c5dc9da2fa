package pace

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	now := time.Unix(1000, 0)
	p := New(2, 10*time.Second, func() time.Time { return now })
	for _, step := range []struct {
		after, want time.Duration
	}{{0, 0}, {0, 0}, {0, 10 * time.Second}, {4 * time.Second, 6 * time.Second}, {6 * time.Second, 0}, {0, 10 * time.Second}, {time.Hour, 0}, {0, 0}, {0, 10 * time.Second}} {
		now = now.Add(step.after)
		if wait := p.Wait("a"); wait != step.want {
			t.Errorf("would wait %s, want %s", wait, step.want)
		}
		if got := p.Take("a"); got != step.want {
			t.Errorf("waits %s, want %s", got, step.want)
		}
	}
	if p.Take("b") != 0 {
		t.Error("one waits for another")
	}
}

func TestCallersAreBounded(t *testing.T) {
	now := time.Unix(1000, 0)
	p := New(1, time.Minute, func() time.Time { return now })
	for i := range Most {
		p.Take(strconv.Itoa(i))
	}
	if p.Take("one more") == 0 {
		t.Error("a stranger is remembered beyond the limit")
	}
	now = now.Add(time.Minute)
	if p.Take("one more") != 0 || len(p.buckets) != 1 {
		t.Errorf("%d callers after a while", len(p.buckets))
	}
}

func TestOf(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:99": "192.0.2.7", "[::ffff:192.0.2.7]:99": "192.0.2.7",
		"[2001:db8:1:2:3::4]:99": "2001:db8:1:2::/64", "[fe80::1%eth0]:99": "fe80::/64", "nonsense": "nonsense",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		if got := Of(r); got != want {
			t.Errorf("%s: %s", remote, got)
		}
	}
}
