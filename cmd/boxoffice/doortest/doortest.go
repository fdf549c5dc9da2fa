// Package doortest is a paired box for tests of the reference service: it pairs
// through the endpoints of an http.Handler, and signs what it asks for.
//
// It asks the handler directly, without a network, and starts nothing.
package doortest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

// Origin is where boxes of this package reach a service.
const Origin = "http://tv.example"

// Box is a box with a key of its own.
type Box struct {
	Access, Refresh string

	service http.Handler
	now     func() time.Time
	key     *ecdsa.PrivateKey
	x, y    string
}

// Pair makes a box and pairs it. allow approves the code, as a person would.
func Pair(service http.Handler, now func() time.Time, allow func(code string) bool) (*Box, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	b := &Box{service: service, now: now, key: key, x: b64(point[1:33]), y: b64(point[33:])}
	var code struct {
		Device string `json:"device_code"`
		User   string `json:"user_code"`
	}
	if err := b.post("/oauth/device", url.Values{"box_name": {"Test box"}}, &code); err != nil {
		return nil, err
	}
	if !allow(code.User) {
		return nil, errors.New("the code was not allowed")
	}
	return b, b.tokens(url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {code.Device}})
}

// Serve makes the box ask another handler from now on: the same service,
// started again.
func (b *Box) Serve(service http.Handler) { b.service = service }

// Renew uses the refresh token.
func (b *Box) Renew() error {
	return b.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {b.Refresh}})
}

func (b *Box) tokens(form url.Values) error {
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := b.post("/oauth/token", form, &got); err != nil {
		return err
	}
	b.Access, b.Refresh = got.Access, got.Refresh
	return nil
}

func (b *Box) post(path string, form url.Values, into any) error {
	form.Set("client_id", "usher-box")
	r := httptest.NewRequestWithContext(context.Background(), "POST", Origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("DPoP", b.proof("POST", path, ""))
	w := httptest.NewRecorder()
	b.service.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Errorf("%s: %d: %s", path, w.Code, w.Body)
	}
	return json.Unmarshal(w.Body.Bytes(), into)
}

// Ask sends a request with the token. A body is JSON.
func (b *Box) Ask(method, path, body string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = bytes.NewBufferString(body)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, Origin+path, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "DPoP "+b.Access)
	r.Header.Set("DPoP", b.proof(method, r.URL.EscapedPath(), b.Access))
	w := httptest.NewRecorder()
	b.service.ServeHTTP(w, r)
	return w
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Thumbprint is that of the box's key (RFC 7638).
func (b *Box) Thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + b.x + `","y":"` + b.y + `"}`))
	return b64(sum[:])
}

// proof is a DPoP proof (RFC 9449 section 4.2).
func (b *Box) proof(method, path, token string) string {
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": Origin + path, "iat": b.now().Unix()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = b64(sum[:])
	}
	body, _ := json.Marshal(claims) // strings and a number
	head := `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"` + b.x + `","y":"` + b.y + `"}}`
	signed := b64([]byte(head)) + "." + b64(body)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, b.key, sum[:])
	if err != nil {
		return "" // and is refused
	}
	return signed + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}
