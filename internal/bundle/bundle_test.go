package bundle_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/bundle"
	"usher/internal/jws"
	"usher/internal/rights"
)

func now() time.Time { return time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC) }

// good is what an installer would sign; change may spoil it.
func good(change ...func(map[string]any)) []byte {
	m := map[string]any{
		"jti": "b-1", "aud": []string{"A1", "A2"}, "nbf": now().Unix(), "exp": now().Add(14 * 24 * time.Hour).Unix(), "seq": 7,
		"services": []any{map[string]any{"id": "films", "url": "https://films.example", "issuer": "https://accounts.films.example"}},
		"settings": map[string]any{"language": "de", "network.metered": "no", "brand": "Hotel"},
		"tickets":  map[string]any{"A1": map[string]any{"films": "t.1"}, "A2": map[string]any{"films": "t.2"}},
	}
	for _, c := range change {
		c(m)
	}
	raw, _ := json.Marshal(m) // strings and numbers
	return raw
}

func key(t testing.TB) (jws.Key, rights.Keys) {
	t.Helper()
	k, pem, err := jws.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := jws.ReadKey(pem)
	if err != nil || again.ID != k.ID {
		t.Fatalf("the key's PEM: %v", err)
	}
	set, err := rights.ParseKeys([]byte(again.Public()))
	if err != nil {
		t.Fatal(err)
	}
	return again, set
}

func signed(t testing.TB, k jws.Key, payload []byte) string {
	t.Helper()
	compact, err := bundle.Sign(payload, k)
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestABundleIsReadAsItWasSigned(t *testing.T) {
	k, set := key(t)
	b, err := bundle.Parse(signed(t, k, good()), set)
	if err != nil {
		t.Fatal(err)
	}
	if b.Signer != k.ID || b.Sequence != 7 || b.Settings.Metered != "no" || b.Tickets["A2"]["films"] != "t.2" {
		t.Errorf("%+v", b)
	}
	if err := b.Check("A1", now(), bundle.Site{}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotSignedSoIsRefused(t *testing.T) {
	k, set := key(t)
	other, _ := key(t)
	compact := signed(t, k, good())
	parts := strings.Split(compact, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	tampered := parts[0] + "." + b64(good(func(m map[string]any) { m["seq"] = 8 })) + "." + parts[2]
	head := func(h string) string { return b64([]byte(h)) + "." + parts[1] + "." + parts[2] }
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"tampered":            {tampered, rights.ErrSignature},
		"without a signature": {parts[0] + "." + parts[1] + ".", rights.ErrSignature},
		"foreign signer":      {signed(t, other, good()), rights.ErrKey},
		"alg none":            {head(`{"typ":"usher-bundle+jwt","alg":"none","kid":"` + k.ID + `"}`), rights.ErrAlgorithm},
		"a lease":             {head(`{"typ":"usher-lease+jwt","alg":"EdDSA","kid":"` + k.ID + `"}`), rights.ErrFormat},
		"crit":                {head(`{"typ":"usher-bundle+jwt","alg":"EdDSA","crit":["x"],"kid":"` + k.ID + `"}`), rights.ErrFormat},
		"trailing data":       {compact + "\n{}", rights.ErrFormat},
		"oversize":            {compact + strings.Repeat("A", bundle.MaxBytes), rights.ErrFormat},
		"not a JWS":           {"PK\x03\x04", rights.ErrFormat},
		"empty":               {"", rights.ErrFormat},
	} {
		if _, err := bundle.Parse(tt.text, set); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// A good signature over something else is refused as well.
func TestWhatASignerMayNotSay(t *testing.T) {
	k, _ := key(t)
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	for name, payload := range map[string][]byte{
		"not JSON":           []byte("{"),
		"no object":          []byte("[]"),
		"two objects":        append(good(), '{', '}'),
		"an unknown claim":   good(set("shell", "rm")),
		"an unknown setting": good(set("settings", map[string]any{"listen": "0.0.0.0:1"})),
		"no id":              good(set("jti", "")),
		"no boxes":           good(set("aud", []string{})),
		"too many boxes":     good(set("aud", make([]string, bundle.MaxBoxes+1))),
		"no sequence":        good(set("seq", 0)),
		"a life too long":    good(set("exp", now().Add(32*24*time.Hour).Unix())),
		"an end before":      good(set("exp", now().Unix())),
		"a far end":          good(set("nbf", int64(1)<<41), set("exp", int64(1)<<41+1)),
		"a foreign ticket":   good(set("tickets", map[string]any{"B9": map[string]any{"films": "t"}})),
		"an empty ticket":    good(set("tickets", map[string]any{"A1": map[string]any{"films": ""}})),
	} {
		if _, err := bundle.Sign(payload, k); !errors.Is(err, bundle.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := make([]string, bundle.MaxBoxes)
	for i := range many {
		many[i] = strings.Repeat("x", 200)
	}
	if _, err := bundle.Sign(good(set("aud", many), set("tickets", nil)), k); !errors.Is(err, bundle.ErrDamaged) {
		t.Errorf("a bundle that no box would read is signed: %v", err)
	}
}

// ES256 is as good as EdDSA, with a key for it, and not with another one.
func TestES256(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	set, err := rights.ParseKeys([]byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"site","x":"` + b64(point[1:33]) + `","y":"` + b64(point[33:]) + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for alg, want := range map[string]error{"ES256": nil, "EdDSA": rights.ErrAlgorithm, "HS256": rights.ErrAlgorithm} {
		text := b64([]byte(`{"typ":"usher-bundle+jwt","alg":"`+alg+`","kid":"site"}`)) + "." + b64(good())
		sum := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		text += "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
		if _, err := bundle.Parse(text, set); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", alg, err, want)
		}
	}
}

func TestWhoMayApplyItAndWhen(t *testing.T) {
	k, set := key(t)
	b, err := bundle.Parse(signed(t, k, good()), set)
	if err != nil {
		t.Fatal(err)
	}
	applied := bundle.Site{}.With(b, "A1", now())
	elsewhere := bundle.Site{Signers: map[string]bundle.Mark{"another": {Sequence: 99}}}
	newer := bundle.Site{Signers: map[string]bundle.Mark{k.ID: {Sequence: 8}}}
	older := bundle.Site{Signers: map[string]bundle.Mark{k.ID: {Sequence: 6}}}
	for name, tt := range map[string]struct {
		serial string
		at     time.Time
		site   bundle.Site
		want   error
	}{
		"the box, in time":         {"A2", now().Add(24 * time.Hour), older, nil},
		"another signer's numbers": {"A1", now(), elsewhere, nil},
		"another box":              {"B9", now(), bundle.Site{}, bundle.ErrForeign},
		"a box without serial":     {"", now(), bundle.Site{}, bundle.ErrForeign},
		"replayed":                 {"A1", now(), applied, bundle.ErrOld},
		"older":                    {"A1", now(), newer, bundle.ErrOld},
		"expired":                  {"A1", now().Add(14*24*time.Hour + 6*time.Minute), bundle.Site{}, bundle.ErrExpired},
		"too early":                {"A1", now().Add(-6 * time.Minute), bundle.Site{}, bundle.ErrEarly},
		"a clock of 1970":          {"A1", time.Unix(0, 0), bundle.Site{}, bundle.ErrEarly},
	} {
		if err := b.Check(tt.serial, tt.at, tt.site); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestTheSiteIsKeptWhole(t *testing.T) {
	k, set := key(t)
	b, err := bundle.Parse(signed(t, k, good()), set)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store := bundle.NewStore(dir)
	apply := func(b bundle.Bundle) error {
		return store.Change(func(s bundle.Site) (bundle.Site, error) { return s.With(b, "A1", now()), b.Check("A1", now(), s) })
	}
	if err := apply(b); err != nil {
		t.Fatal(err)
	}
	if err := apply(b); !errors.Is(err, bundle.ErrOld) {
		t.Errorf("replayed: %v", err)
	}
	next := bundle.Bundle{
		Signer: k.ID, ID: "b-2", Boxes: []string{"A1"}, NotBefore: b.NotBefore, Expires: b.Expires, Sequence: 8,
		Settings: bundle.Settings{Language: "th"}, Services: []bundle.Service{{ID: "news", URL: "https://news.example"}},
	}
	if err := apply(next); err != nil {
		t.Fatal(err)
	}
	want := bundle.Site{
		Signers:  map[string]bundle.Mark{k.ID: {Sequence: 8, ID: "b-2", Applied: now()}},
		Services: []bundle.Service{{ID: "films", URL: "https://films.example", Issuer: "https://accounts.films.example"}, {ID: "news", URL: "https://news.example"}},
		Settings: bundle.Settings{Language: "th", Metered: "no", Brand: "Hotel"},
		Tickets:  map[string]string{"films": "t.1"},
	}
	got, err := bundle.NewStore(dir).Read()
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	settle(t, store)
	if err := os.WriteFile(filepath.Join(dir, bundle.File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := apply(next); err == nil {
		t.Error("a bundle is applied where nobody knows what was before")
	}
}

func settle(t *testing.T, store *bundle.Store) {
	t.Helper()
	for _, s := range [][2]string{{"t.0", "x"}, {"t.1", "invalid_grant"}, {"t.1", ""}} {
		if err := store.Settle("films", s[0], s[1]); err != nil {
			t.Fatal(err)
		}
	}
	site, err := store.Read()
	if err != nil || len(site.Tickets) != 0 || site.Refused["films"] != "invalid_grant" {
		t.Errorf("after the ticket: %+v, %v", site, err)
	}
}

// Whatever a signer signs, nothing panics, and what is taken is within limits.
func FuzzParse(f *testing.F) {
	k, set := key(f)
	for _, seed := range [][]byte{good(), []byte("{}"), []byte("null"), good(func(m map[string]any) { delete(m, "settings") })} {
		f.Add(signedRaw(f, k, seed))
	}
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := bundle.Parse(text, set)
		if err != nil {
			return
		}
		if b.Signer != k.ID || b.Sequence == 0 || len(b.Boxes) == 0 || len(b.Boxes) > bundle.MaxBoxes {
			t.Errorf("taken: %+v", b)
		}
	})
}

// FuzzSign feeds the reader behind the signature.
func FuzzSign(f *testing.F) {
	k, set := key(f)
	for _, seed := range [][]byte{good(), []byte("{}"), []byte("null"), []byte(`{"aud":null}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		compact, err := bundle.Sign(payload, k)
		if err != nil {
			return
		}
		b, err := bundle.Parse(compact, set)
		if err != nil {
			t.Fatalf("signed and not read: %v", err)
		}
		for serial := range b.Tickets {
			if err := b.Check(serial, time.Unix(b.NotBefore, 0), bundle.Site{}); err != nil {
				t.Errorf("for %q: %v", serial, err)
			}
		}
	})
}

// signedRaw signs what Sign would refuse to.
func signedRaw(t testing.TB, k jws.Key, payload []byte) string {
	t.Helper()
	compact, err := bundle.Sign(payload, k)
	if err != nil {
		return string(payload)
	}
	return compact
}
