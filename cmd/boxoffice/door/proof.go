package door

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The limits of proofs.
const (
	proofLimit = 4 << 10
	// A box that boots without a clock learns the time from our Date, so the
	// window need not be wide.
	proofPast   = 5 * time.Minute
	proofFuture = time.Minute
	mostProofs  = 100_000 // within the window
)

var (
	errProof = errors.New("no good proof (RFC 9449)")
	errNonce = errors.New("the proof needs the nonce of DPoP-Nonce (RFC 9449 section 8)")
)

// header is the protected header of a proof.
type header struct {
	Typ  string          `json:"typ"`
	Alg  string          `json:"alg"`
	Crit json.RawMessage `json:"crit"`
	JWK  *struct {
		KTY string `json:"kty"`
		CRV string `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y"`
		D   string `json:"d"`
	} `json:"jwk"`
}

type claims struct {
	ID     string  `json:"jti"`
	Method string  `json:"htm"`
	URL    string  `json:"htu"`
	Issued float64 `json:"iat"`
	Access string  `json:"ath"`
	Nonce  string  `json:"nonce"`
}

// prove checks the proof of a request and gives the thumbprint of its key.
// token is the access token it must be for, or "".
func (d *Door) prove(r *http.Request, token string) (string, error) {
	all := r.Header.Values("DPoP")
	if len(all) != 1 || len(all[0]) > proofLimit {
		return "", fmt.Errorf("%w: there must be one, of at most 4 KiB", errProof)
	}
	key, c, err := parseProof(all[0])
	if err != nil {
		return "", err
	}
	now, issued := d.o.Now(), time.Unix(int64(c.Issued), 0)
	switch {
	case c.Method != r.Method:
		return "", fmt.Errorf("%w: htm is not the method", errProof)
	case !sameAddress(c.URL, d.Origin(r)+r.URL.EscapedPath()):
		return "", fmt.Errorf("%w: htu is not the address", errProof)
	case issued.Before(now.Add(-proofPast)) || issued.After(now.Add(proofFuture)):
		return "", fmt.Errorf("%w: iat is not now; see Date", errProof)
	case token != "" && c.Access != sum(token):
		return "", fmt.Errorf("%w: ath is not the token's", errProof)
	case d.nonces != nil && !d.nonces.good(c.Nonce):
		return "", errNonce
	case !d.proofs.first(key+" "+c.ID, issued.Add(proofPast)):
		return "", fmt.Errorf("%w: it was used before", errProof)
	}
	return key, nil
}

// parseProof verifies a proof with the key it carries, and gives the key's
// thumbprint (RFC 7638).
func parseProof(compact string) (string, claims, error) {
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return "", claims{}, fmt.Errorf("%w: not a JWS in compact form", errProof)
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil {
			return "", claims{}, fmt.Errorf("%w: not base64url", errProof)
		}
		raw[i] = b
	}
	var h header
	var c claims
	switch {
	case json.Unmarshal(raw[0], &h) != nil || json.Unmarshal(raw[1], &c) != nil:
		return "", c, fmt.Errorf("%w: not JSON", errProof)
	case h.Typ != "dpop+jwt" || h.Alg != "ES256" || h.Crit != nil || h.JWK == nil || h.JWK.D != "":
		return "", c, fmt.Errorf("%w: want typ dpop+jwt, alg ES256 and a public jwk", errProof)
	case c.ID == "" || len(c.ID) > 128:
		return "", c, fmt.Errorf("%w: jti is missing or too long", errProof)
	}
	thumb, key, err := h.key()
	if err != nil {
		return "", c, err
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	sig := raw[2]
	if len(sig) != 64 || !ecdsa.Verify(key, hash[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return "", c, fmt.Errorf("%w: the signature is wrong", errProof)
	}
	return thumb, c, nil
}

// key is the public key of a header and its thumbprint.
func (h header) key() (string, *ecdsa.PublicKey, error) {
	b := base64.RawURLEncoding.Strict()
	x, errX := b.DecodeString(h.JWK.X)
	y, errY := b.DecodeString(h.JWK.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 || h.JWK.KTY != "EC" || h.JWK.CRV != "P-256" {
		return "", nil, fmt.Errorf("%w: jwk is no key of P-256", errProof)
	}
	// ParseUncompressedPublicKey sees to it that the point is on the curve.
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return "", nil, fmt.Errorf("%w: jwk is no point of P-256", errProof)
	}
	return sum(`{"crv":"P-256","kty":"EC","x":"` + h.JWK.X + `","y":"` + h.JWK.Y + `"}`), key, nil
}

// sameAddress compares without query and fragment, and regardless of how host
// and default port are written (RFC 9449 section 4.3).
func sameAddress(a, b string) bool {
	u, errA := url.Parse(a)
	v, errB := url.Parse(b)
	return errA == nil && errB == nil && strings.EqualFold(u.Scheme, v.Scheme) &&
		strings.EqualFold(hostPort(u), hostPort(v)) && u.EscapedPath() == v.EscapedPath()
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return u.Hostname() + ":" + port
}

// proofs remembers those that were used, for as long as they could be used.
type proofs struct {
	now func() time.Time

	mu    sync.Mutex
	seen  map[string]time.Time
	swept time.Time
}

func newProofs(now func() time.Time) *proofs {
	return &proofs{now: now, seen: map[string]time.Time{}}
}

// first says whether a proof comes for the first time. When there are too many
// to remember, none does.
func (p *proofs) first(id string, until time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if len(p.seen) >= mostProofs || now.Sub(p.swept) > proofPast {
		for old, ends := range p.seen {
			if now.After(ends) {
				delete(p.seen, old)
			}
		}
		p.swept = now
	}
	if _, again := p.seen[id]; again || len(p.seen) >= mostProofs {
		return false
	}
	p.seen[id] = until
	return true
}
