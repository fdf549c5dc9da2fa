package fetch

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"usher/firmware/firmwaretest"
)

// certificate is a server's, valid for a time, and the authority behind it.
func certificate(t *testing.T, from, to time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "updates"}, NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLSWithoutAClock(t *testing.T) {
	now := time.Now()
	from, to := now.AddDate(0, -1, 0), now.AddDate(0, 2, 0)
	for name, c := range map[string]struct {
		at    time.Time
		known bool
		want  Class // "" is none
	}{
		"a good clock":                          {now, true, ""},
		"a lower bound before the certificate":  {now.AddDate(-1, 0, 0), false, ""},
		"a known time before the certificate":   {now.AddDate(-1, 0, 0), true, Insecure},
		"a lower bound after the certificate":   {now.AddDate(1, 0, 0), false, Insecure},
		"a known time long after, such as 2045": {now.AddDate(19, 0, 0), true, Insecure},
	} {
		t.Run(name, func(t *testing.T) {
			cert, pool := certificate(t, from, to)
			web := httptest.NewUnstartedServer(&firmwaretest.Origin{Files: map[string][]byte{"/metadata/x": []byte("x")}})
			web.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			web.Config.ErrorLog = log.New(io.Discard, "", 0)
			web.StartTLS()
			defer web.Close()
			cl := &clock{at: c.at, known: c.known}
			transport := NewTransport(cl)
			transport.(*onTime).next.TLSClientConfig.RootCAs = pool
			s, err := New(Options{Base: web.URL, Clock: cl, Transport: transport, Pause: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, err = s.Metadata(t.Context(), "x", 10)
			if ClassOf(err) != c.want {
				t.Fatalf("%v", err)
			}
			if heard := len(cl.heard) == 1 && now.Sub(cl.heard[0]).Abs() < time.Hour; heard != (c.want == "") {
				t.Errorf("heard %v", cl.heard)
			}
		})
	}
}

// An unencrypted answer says no time, and a portal cannot lead out of TLS.
func TestTLSIsNotLeft(t *testing.T) {
	plain := httptest.NewServer(&firmwaretest.Origin{})
	defer plain.Close()
	cert, pool := certificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	origin := &firmwaretest.Origin{}
	web := httptest.NewUnstartedServer(origin)
	web.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	web.StartTLS()
	defer web.Close()
	cl := &clock{at: time.Now(), known: true}
	transport := NewTransport(cl)
	transport.(*onTime).next.TLSClientConfig.RootCAs = pool
	s, err := New(Options{Base: web.URL, Clock: cl, Transport: transport, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	origin.Break(func(int, *http.Request) firmwaretest.Fault {
		return firmwaretest.Fault{Redirect: "http://portal.example/"}
	})
	if _, err := s.Metadata(t.Context(), "x", 10); ClassOf(err) != Insecure {
		t.Errorf("%v", err)
	}
	r := newRig(t, 0)
	if _, err := r.Metadata(t.Context(), "timestamp.json", 100); err != nil || len(r.o.Clock.(*clock).heard) != 0 {
		t.Errorf("%v", err)
	}
}
