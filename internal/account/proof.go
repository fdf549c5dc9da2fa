package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"usher/device/keys"
)

// claims are those of a DPoP proof (RFC 9449 section 4.2).
type claims struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	URL    string `json:"htu"` // without query and fragment
	Issued int64  `json:"iat"`
	Access string `json:"ath,omitempty"` // sum of the access token, to resources
	Nonce  string `json:"nonce,omitempty"`
}

// proof is a DPoP proof for one request. access is "" to the authorization
// server.
func proof(key keys.Key, method string, u *url.URL, at time.Time, access, nonce string) (string, error) {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return "", fmt.Errorf("make a proof: %w", err)
	}
	b64 := base64.RawURLEncoding
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	c := claims{ID: b64.EncodeToString(id), Method: method, URL: bare.String(), Issued: at.Unix(), Nonce: nonce}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		c.Access = b64.EncodeToString(sum[:])
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("make a proof: %w", err)
	}
	head := `{"typ":"dpop+jwt","alg":"ES256","jwk":` + key.Public().JWK() + `}`
	signed := b64.EncodeToString([]byte(head)) + "." + b64.EncodeToString(body)
	sig, err := key.Sign(sha256.Sum256([]byte(signed)))
	if err != nil {
		return "", fmt.Errorf("make a proof: %w", err)
	}
	return signed + "." + b64.EncodeToString(sig[:]), nil
}
