// Package lease signs what the reference service promises a box: rights to
// watch, as JWS in compact form (RFC 7515) with EdDSA (RFC 8037), bound to the
// key of one box (RFC 7800). docs/openapi.yaml has the claims, schema Lease.
//
// The key is made once and kept on the shelf. Nothing blocks but for that, and
// nothing is logged.
package lease

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"usher/cmd/boxoffice/shelf"
)

// Type is the "typ" of a lease, so that nothing else that is signed can be
// taken for one (RFC 8725 section 3.11).
const Type = "usher-lease+jwt"

// Claims are what a lease says. Times are seconds since 1970.
type Claims struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"` // the household, a pseudonym
	Audience string  `json:"aud"` // "box:" and the box's id, which is the thumbprint of its key
	Confirm  Confirm `json:"cnf"`
	Issued   int64   `json:"iat"`
	Begins   int64   `json:"nbf"`
	Expires  int64   `json:"exp"`
	ID       string  `json:"jti"`
	Seq      uint64  `json:"seq"` // rises with every change to the rights to one content
	Grant    Grant   `json:"ent"`
}

// Confirm names the key of the box.
type Confirm struct {
	JKT string `json:"jkt"`
}

// Grant is what is allowed.
type Grant struct {
	Content   string    `json:"content"`           // a title's id, or "*": all with the terms of the model
	Model     string    `json:"model"`             // subscription, rental, purchase or credit
	Payment   string    `json:"payment,omitempty"` // prepaid, postpaid or voucher
	Territory []string  `json:"territory"`
	StartBy   time.Time `json:"startBy,omitzero"`
	PlayFor   string    `json:"playFor,omitempty"` // ISO 8601
	FirstPlay time.Time `json:"firstPlay,omitzero"`
	Streams   int       `json:"streams,omitempty"`
	Offline   string    `json:"offline"` // ISO 8601
	Revoked   bool      `json:"revoked,omitempty"`
	Limits    *Limits   `json:"limits,omitempty"`
}

// Limits are those of a credit.
type Limits struct {
	Titles   int    `json:"titles"`
	Amount   int64  `json:"amountMinor"`
	Currency string `json:"currency"`
}

// Signer signs leases. It never changes, and is safe for concurrent use.
type Signer struct {
	kid string
	key ed25519.PrivateKey
}

const drawer, current = "keys", "lease"

// Open finds the key on the shelf, or makes one.
func Open(s *shelf.Shelf) (*Signer, error) {
	var seed []byte
	err := s.Update(func(tx *shelf.Tx) error {
		kept, found, err := shelf.Get[[]byte](tx, drawer, current)
		if err != nil || found {
			seed = kept
			return err
		}
		seed = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails (crypto/rand)
		return tx.Put(drawer, current, seed)
	})
	if err == nil && len(seed) != ed25519.SeedSize {
		err = fmt.Errorf("the stored key has %d bytes", len(seed))
	}
	if err != nil {
		return nil, fmt.Errorf("open the key of leases: %w", err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	sum := sha256.Sum256(key.Public().(ed25519.PublicKey))
	return &Signer{kid: base64.RawURLEncoding.EncodeToString(sum[:9]), key: key}, nil
}

// Sign makes a lease.
func (s *Signer) Sign(c Claims) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": "EdDSA", "kid": s.kid, "typ": Type})
	if err != nil {
		return "", fmt.Errorf("encode lease: %w", err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode lease: %w", err)
	}
	b := base64.RawURLEncoding
	signed := b.EncodeToString(head) + "." + b.EncodeToString(body)
	return signed + "." + b.EncodeToString(ed25519.Sign(s.key, []byte(signed))), nil
}

// KeySet is a JWK set (RFC 7517).
type KeySet struct {
	Keys []Key `json:"keys"`
}

// Key is a public key.
type Key struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	KID string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	X   string `json:"x"`
}

// Keys are what leases can be verified with.
func (s *Signer) Keys() KeySet {
	x := base64.RawURLEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
	return KeySet{Keys: []Key{{KTY: "OKP", CRV: "Ed25519", KID: s.kid, Use: "sig", Alg: "EdDSA", X: x}}}
}
