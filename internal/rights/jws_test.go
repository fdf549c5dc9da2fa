package rights

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// signer is a service's key in both algorithms.
type signer struct {
	ed *ed25519.PrivateKey
	ec *ecdsa.PrivateKey
}

func newSigner(t testing.TB) signer {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{&ed, ec}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// set is the JWK set of the service, with a key that is for something else.
func (s signer) set(t testing.TB) []byte {
	t.Helper()
	point, err := s.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"keys": []map[string]string{
		{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": b64(s.ed.Public().(ed25519.PublicKey))},
		{"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "EC", "crv": "P-256", "kid": "enc", "use": "enc", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s signer) sign(t testing.TB, head map[string]any, claims any) string {
	t.Helper()
	h, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed := b64(h) + "." + b64(c)
	var sig []byte
	if head["kid"] == "ec" {
		sum := sha256.Sum256([]byte(signed))
		r, v, err := ecdsa.Sign(rand.Reader, s.ec, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		sig = append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	} else if sig, err = s.ed.Sign(rand.Reader, []byte(signed), crypto.Hash(0)); err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(sig)
}

func box() Box { return Box{ID: "6f1c", JKT: "thumb", Issuer: "https://svc.example"} }

func bound(change ...func(*Lease)) Lease {
	l := rental(change...)
	l.Issuer, l.Audience, l.Confirm.JKT = "https://svc.example", "box:6f1c", "thumb"
	return l
}

func head(kid, alg string) map[string]any {
	return map[string]any{"alg": alg, "kid": kid, "typ": LeaseType}
}

func TestParseLease(t *testing.T) {
	s := newSigner(t)
	keys, err := ParseKeys(s.set(t))
	if err != nil || keys.Len() != 2 {
		t.Fatalf("keys: %d, %v", keys.Len(), err)
	}
	for _, h := range []map[string]any{head("ed", "EdDSA"), head("ec", "ES256")} {
		want := bound()
		got, err := ParseLease(s.sign(t, h, want), keys, box())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v: -want +got:\n%s", h, d)
		}
	}
}

func TestParseLeaseRefuses(t *testing.T) {
	s, thief := newSigner(t), newSigner(t)
	keys, err := ParseKeys(s.set(t))
	if err != nil {
		t.Fatal(err)
	}
	good := s.sign(t, head("ed", "EdDSA"), bound())
	parts := strings.Split(good, ".")
	none := b64([]byte(`{"alg":"none","kid":"ed","typ":"`+LeaseType+`"}`)) + "." + parts[1] + "."
	with := func(change func(*Lease)) string { return s.sign(t, head("ed", "EdDSA"), bound(change)) }
	other := func(change func(*Lease)) string {
		l := bound()
		change(&l)
		return s.sign(t, head("ed", "EdDSA"), l)
	}
	for _, tc := range []struct {
		name, lease string
		want        error
	}{
		{"tampered", parts[0] + "." + b64([]byte(`{"iss":"https://svc.example"}`)) + "." + parts[2], ErrSignature},
		{"thief's key", thief.sign(t, head("ed", "EdDSA"), bound()), ErrSignature},
		{"alg none", none, ErrAlgorithm},
		{"algorithm of another key", s.sign(t, head("ed", "ES256"), bound()), ErrAlgorithm},
		{"unknown key", s.sign(t, head("new", "EdDSA"), bound()), ErrKey},
		{"key for encryption", s.sign(t, head("enc", "ES256"), bound()), ErrKey},
		{"another kind of token", s.sign(t, map[string]any{"alg": "EdDSA", "kid": "ed", "typ": "at+jwt"}, bound()), ErrFormat},
		{"crit", s.sign(t, map[string]any{"alg": "EdDSA", "kid": "ed", "typ": LeaseType, "crit": []string{"exp"}}, bound()), ErrFormat},
		{"two parts", parts[0] + "." + parts[1], ErrFormat},
		{"trailing data", good + ".x", ErrFormat},
		{"padding", good + "==", ErrFormat},
		{"empty", "", ErrFormat},
		{"too long", strings.Repeat("a", MaxLease+1), ErrFormat},
		{"another box", other(func(l *Lease) { l.Audience = "box:77aa" }), ErrForeign},
		{"another box's key", other(func(l *Lease) { l.Confirm.JKT = "else" }), ErrForeign},
		{"another service", other(func(l *Lease) { l.Issuer = "https://evil.example" }), ErrForeign},
		{"ends before it begins", with(func(l *Lease) { l.Expires = l.Begins }), errLease},
		{"unknown model", with(func(l *Lease) { l.Grant.Model = "gift" }), errLease},
		{"rental of everything", with(func(l *Lease) { l.Grant.Content = Any }), errLease},
		{"rental without an end", with(func(l *Lease) { l.Grant.PlayFor = 0 }), errLease},
		{"limits of nothing", with(func(l *Lease) { l.Grant.Limits = &Limits{Currency: "EUR"} }), errLease},
		{"no id", with(func(l *Lease) { l.ID = "" }), errLease},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := ParseLease(tc.lease, keys, box()); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	if _, err := ParseLease(good, keys, Box{}); !errors.Is(err, ErrForeign) {
		t.Errorf("a box without an id takes it: %v", err)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	off := new(big.Int).SetBytes(make([]byte, 32)).FillBytes(make([]byte, 32))
	for name, set := range map[string]string{
		"HTML": "<html>", "none": `{"keys":[]}`, "without kid": `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"` + b64(make([]byte, 32)) + `"}]}`,
		"not on the curve": `{"keys":[{"kid":"a","kty":"EC","crv":"P-256","x":"` + b64(off) + `","y":"` + b64(off) + `"}]}`,
		"secret":           `{"keys":[{"kid":"a","kty":"oct","k":"AAAA"}]}`,
		"too long":         `{"keys":[` + strings.Repeat(" ", MaxKeys) + `]}`,
	} {
		if _, err := ParseKeys([]byte(set)); !errors.Is(err, ErrKeys) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSpan(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"PT48H": 48 * time.Hour, "P30D": 720 * time.Hour, "P1DT12H30M5S": 36*time.Hour + 30*time.Minute + 5*time.Second, "PT0S": 0, "P36525D": maxSpan,
	} {
		got, err := ParseSpan(s)
		if err != nil || time.Duration(got) != want {
			t.Errorf("%s is %v, %v", s, time.Duration(got), err)
		}
	}
	for _, s := range []string{"", "P", "PT", "P1", "48H", "PT1H1H", "PT1M1H", "P-1D", "P1.5D", "P1M", "P1Y", "P1W", "PT1D", "P36525DT1S", "P99999999999D", "p1d", "P1D "} {
		if d, err := ParseSpan(s); err == nil {
			t.Errorf("%q is %v", s, time.Duration(d))
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"PT48H", "P30D", "P1DT12H30M5S", "PT", "P1Y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseSpan(s)
		if err != nil {
			return
		}
		again, err := ParseSpan(d.String())
		if err != nil || again != d {
			t.Errorf("%q is %v, written as %q, read as %v, %v", s, time.Duration(d), d, time.Duration(again), err)
		}
	})
}

// FuzzParseLease: without the key nothing is a lease.
func FuzzParseLease(f *testing.F) {
	s := newSigner(f)
	keys, err := ParseKeys(s.set(f))
	if err != nil {
		f.Fatal(err)
	}
	good := s.sign(f, head("ed", "EdDSA"), bound())
	f.Add(good[:len(good)-4])
	f.Add(b64([]byte(`{"alg":"none"}`)) + ".e30.")
	f.Fuzz(func(t *testing.T, compact string) {
		if _, err := ParseLease(compact, keys, box()); err == nil && compact != good {
			t.Errorf("taken for a lease: %q", compact)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add(newSigner(f).set(f))
	f.Add([]byte(`{"keys":[{}]}`))
	f.Fuzz(func(t *testing.T, set []byte) {
		if k, err := ParseKeys(set); (err == nil) != (k.Len() > 0) {
			t.Errorf("%d keys, %v", k.Len(), err)
		}
	})
}
