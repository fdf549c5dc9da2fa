package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// certified is a server whose certificate is good from one time to another.
func certified(t *testing.T, from, to time.Time, header http.Header) (*httptest.Server, *http.Transport) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "service"}, NotBefore: from, NotAfter: to,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	must(t, err)
	parsed, err := x509.ParseCertificate(raw)
	must(t, err)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return s, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}
}

func TestTLSWithAWrongClock(t *testing.T) {
	now := time.Now()
	year, month := 365*24*time.Hour, 30*24*time.Hour
	for name, row := range map[string]struct {
		wall, build, from, to time.Time
		synced, good          bool
	}{
		"right":                       {now, now.Add(-year), now.Add(-month), now.Add(month), true, true},
		"1970":                        {time.Unix(0, 0), now.Add(-month / 2), now.Add(-month), now.Add(month), false, true},
		"1970 and an old build":       {time.Unix(0, 0), now.Add(-year), now.Add(-month), now.Add(month), false, true},
		"1970 and synced":             {time.Unix(0, 0), now.Add(-year), now.Add(-month), now.Add(month), true, true},
		"a year fast":                 {now.Add(year), now.Add(-year), now.Add(-month), now.Add(month), false, true},
		"a year fast, vouched for":    {now.Add(year), now.Add(-year), now.Add(-month), now.Add(month), true, false},
		"expired":                     {now, now.Add(-year), now.Add(-2 * month), now.Add(-month), true, false},
		"expired before the build":    {now, now.Add(-month / 2), now.Add(-2 * month), now.Add(-month), false, false},
		"expired when the floor says": {time.Unix(0, 0), now.Add(-month / 2), now.Add(-2 * month), now.Add(-month), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, base := certified(t, row.from, row.to, nil)
			o := Options{Build: row.build, Wall: func() time.Time { return row.wall }, Synced: func() bool { return row.synced }}.withDefaults()
			c := newClock(o)
			resp, err := (&http.Client{Transport: c.transport(base)}).Get(s.URL)
			if (err == nil) != row.good {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			must(t, resp.Body.Close())
			c.hear(resp)
			if at, trusted := c.now(); !trusted || time.Until(at).Abs() > time.Minute || time.Until(c.issued()).Abs() > time.Minute {
				t.Errorf("it is %v (%v), proofs say %v", at, trusted, c.issued())
			}
		})
	}
}

// A wrong name or root is not a matter of time.
func TestTLSStaysStrict(t *testing.T) {
	s, base := certified(t, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour), nil)
	base.TLSClientConfig.RootCAs = x509.NewCertPool()
	c := newClock(Options{Wall: func() time.Time { return time.Unix(0, 0) }, Synced: func() bool { return false }}.withDefaults())
	if resp, err := (&http.Client{Transport: c.transport(base)}).Get(s.URL); err == nil {
		_ = resp.Body.Close()
		t.Error("an unknown root passed")
	}
}

func TestDatesThatAreNotBelieved(t *testing.T) {
	now := time.Now()
	for name, header := range map[string]http.Header{
		"beyond the certificate": {"Date": {now.AddDate(3, 0, 0).UTC().Format(http.TimeFormat)}},
		"before the certificate": {"Date": {now.AddDate(-3, 0, 0).UTC().Format(http.TimeFormat)}},
		"from a cache":           {"Date": {now.UTC().Format(http.TimeFormat)}, "Age": {"7200"}},
		"no date":                {"Date": {"yesterday"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, base := certified(t, now.Add(-time.Hour), now.Add(time.Hour), header)
			c := newClock(Options{}.withDefaults())
			resp, err := (&http.Client{Transport: c.transport(base)}).Get(s.URL)
			must(t, err)
			must(t, resp.Body.Close())
			if c.hear(resp); !c.said.IsZero() {
				t.Errorf("it is %v", c.said)
			}
		})
	}
}

// Time goes by the monotonic clock from a Date on, whatever is set meanwhile,
// and the floor never falls.
func TestClockDoesNotJump(t *testing.T) {
	mono, wall := time.Duration(0), time.Now()
	c := newClock(Options{Build: wall.Add(-time.Hour), Mono: func() time.Duration { return mono }, Wall: func() time.Time { return wall }}.withDefaults())
	r, err := http.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
	must(t, err)
	start := wall.Truncate(time.Second)
	c.hear(&http.Response{Header: http.Header{"Date": {start.UTC().Format(http.TimeFormat)}}, Request: r})
	mono, wall = time.Minute, wall.AddDate(5, 0, 0)
	if at, _ := c.now(); !at.Equal(start.Add(time.Minute)) || !c.issued().Equal(at) {
		t.Errorf("it is %v", at)
	}
	floor := c.floor()
	c.remember(start.AddDate(-1, 0, 0))
	if !c.floor().Equal(floor) || !floor.Equal(start.Add(time.Minute)) {
		t.Errorf("the floor is %v, was %v", c.floor(), floor)
	}
}
