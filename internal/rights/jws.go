package rights

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// The limits of decoding.
const (
	MaxLease = 16 << 10 // bytes of one lease
	MaxKeys  = 64 << 10 // bytes of a key set
)

// The errors of [ParseKeys] and [ParseLease]; each comes with more words.
var (
	ErrKeys      = errors.New("not a usable key set (RFC 7517)")
	ErrFormat    = errors.New("not a JWS in compact form (RFC 7515)")
	ErrAlgorithm = errors.New("signed with an algorithm that its key is not for")
	ErrKey       = errors.New("signed with a key that the service does not have")
	ErrSignature = errors.New("the signature is wrong")
	ErrForeign   = errors.New("made out for another box or by another service")
)

// Keys are the keys of a service, by key id.
type Keys struct{ byID map[string]crypto.PublicKey }

// Len is how many keys there are.
func (k Keys) Len() int { return len(k.byID) }

// IDs are the key ids, sorted.
func (k Keys) IDs() []string { return slices.Sorted(maps.Keys(k.byID)) }

// jwk is a public key (RFC 7517): EC P-256 or OKP Ed25519 (RFC 8037).
type jwk struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	KID string `json:"kid"`
	Use string `json:"use"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// ParseKeys reads a JWK set. Keys of other kinds, and keys for other uses than
// signatures, are left out; a set without any is an error.
func ParseKeys(data []byte) (Keys, error) {
	if len(data) > MaxKeys {
		return Keys{}, fmt.Errorf("%w: longer than %d bytes", ErrKeys, MaxKeys)
	}
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return Keys{}, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	all := Keys{byID: map[string]crypto.PublicKey{}}
	for _, k := range set.Keys {
		if key := k.public(); key != nil && (k.Use == "" || k.Use == "sig") && k.KID != "" {
			all.byID[k.KID] = key
		}
	}
	if all.Len() == 0 {
		return Keys{}, fmt.Errorf("%w: no key for ES256 or EdDSA with a kid", ErrKeys)
	}
	return all, nil
}

// public is the key, or nil.
func (k jwk) public() crypto.PublicKey {
	x, err := base64.RawURLEncoding.DecodeString(k.X)
	if err != nil {
		return nil
	}
	if k.KTY == "OKP" && k.CRV == "Ed25519" && len(x) == ed25519.PublicKeySize {
		return ed25519.PublicKey(x)
	}
	y, err := base64.RawURLEncoding.DecodeString(k.Y)
	if err != nil || k.KTY != "EC" || k.CRV != "P-256" || len(x) != 32 || len(y) != 32 {
		return nil
	}
	// ParseUncompressedPublicKey sees to it that the point is on the curve.
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil
	}
	return key
}

// Box is who a lease must be made out for.
type Box struct {
	ID     string // as in "aud", without "box:"
	JKT    string // thumbprint of its key
	Issuer string // the service
}

// ParseLease verifies one lease in JWS compact form and reads it. The
// algorithm is that of the key, whatever the header says, and the header must
// agree. Whether it is valid now is for [Decide] to say.
func ParseLease(compact string, keys Keys, box Box) (Lease, error) {
	payload, _, err := Verify(compact, LeaseType, MaxLease, keys)
	if err != nil {
		return Lease{}, err
	}
	var l Lease
	if err := json.Unmarshal(payload, &l); err != nil {
		return Lease{}, fmt.Errorf("%w: %w", errLease, err)
	}
	switch {
	case l.Issuer != box.Issuer || box.Issuer == "":
		return Lease{}, fmt.Errorf("%w: issued by %.80q", ErrForeign, l.Issuer)
	case l.Audience != "box:"+box.ID || box.ID == "":
		return Lease{}, fmt.Errorf("%w: for %.80q", ErrForeign, l.Audience)
	case l.Confirm.JKT != box.JKT || box.JKT == "":
		return Lease{}, fmt.Errorf("%w: bound to another key", ErrForeign)
	}
	if err := l.check(); err != nil {
		return Lease{}, err
	}
	return l, nil
}

// header is the protected header. Extensions that must be understood are
// refused: none is.
type header struct {
	Alg  string          `json:"alg"`
	KID  string          `json:"kid"`
	Typ  string          `json:"typ"`
	Crit json.RawMessage `json:"crit"`
}

// LeaseType is the "typ" of a lease, so that nothing else that the service
// signs can be taken for one (RFC 8725 section 3.11).
const LeaseType = "usher-lease+jwt"

// Verify checks a JWS in compact form of at most limit bytes, and gives what it
// says and the id of the key that signed it. typ is the only "typ" it may have;
// the algorithm is that of the key. Its errors are ErrFormat, ErrKey,
// ErrAlgorithm and ErrSignature.
func Verify(compact, typ string, limit int, keys Keys) (payload []byte, kid string, err error) {
	if len(compact) > limit {
		return nil, "", fmt.Errorf("%w: longer than %d bytes", ErrFormat, limit)
	}
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return nil, "", fmt.Errorf("%w: %d parts", ErrFormat, len(parts))
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil {
			return nil, "", fmt.Errorf("%w: part %d: %w", ErrFormat, i+1, err)
		}
		raw[i] = b
	}
	var h header
	if err := json.Unmarshal(raw[0], &h); err != nil {
		return nil, "", fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	if h.Typ != typ || h.Crit != nil {
		return nil, "", fmt.Errorf("%w: its typ is %.40q and not %q, or it has crit", ErrFormat, h.Typ, typ)
	}
	key, ok := keys.byID[h.KID]
	if !ok {
		return nil, "", fmt.Errorf("%w: kid %.80q", ErrKey, h.KID)
	}
	if err := checkSignature(key, h.Alg, []byte(parts[0]+"."+parts[1]), raw[2]); err != nil {
		return nil, "", err
	}
	return raw[1], h.KID, nil
}

func checkSignature(key crypto.PublicKey, alg string, signed, sig []byte) error {
	good, want := false, ""
	switch key := key.(type) {
	case ed25519.PublicKey:
		want = "EdDSA"
		good = ed25519.Verify(key, signed, sig)
	case *ecdsa.PublicKey:
		want = "ES256"
		sum := sha256.Sum256(signed)
		good = len(sig) == 64 && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	}
	switch {
	case alg != want:
		return fmt.Errorf("%w: %.20q instead of %q", ErrAlgorithm, alg, want)
	case !good:
		return ErrSignature
	}
	return nil
}
