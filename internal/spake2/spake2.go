// Package spake2 agrees on a key between two who know the same short secret, so
// that somebody who listens, or stands between them, can try one guess of the
// secret in each run and no more: SPAKE2 over P-256 with SHA-256, HKDF and HMAC
// (RFC 9382).
//
// It guarantees that a share which is no point of the curve is refused, and that
// nothing of the secret is computed with branches that depend on it. The groups
// are filippo.io/nistec's. It keeps nothing, starts nothing and never blocks.
package spake2

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"filippo.io/nistec"
)

// Side is which of the two one is. Each has a point of its own, so that a share
// that is sent back to its sender is of no use.
type Side byte

// The sides of RFC 9382 section 3.
const (
	A Side = 'A'
	B Side = 'B'
)

// The points M and N for P-256 (RFC 9382 section 4), compressed. Nobody knows
// their discrete logarithms: they come from a hash.
const (
	pointM = "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
	pointN = "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"
)

// order is the number of points of P-256 (FIPS 186-5).
const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

// ShareSize is the length of a share: an uncompressed point, in bytes.
const ShareSize = 65

// Secret is what both know: a number below the order of the group, and not 0.
type Secret [32]byte

// Derive makes a Secret of a password. The context keeps secrets of different
// uses apart. There is no memory-hard function in it (RFC 9382 section 3.2
// asks for one where a server stores passwords): it is meant for codes that are
// used once, and for keys that need none.
func Derive(password []byte, context string) (Secret, error) {
	n := mustHex(order)
	for i := byte(0); ; i++ { // the first try fails once in 2³² passwords
		raw, err := hkdf.Key(sha256.New, password, nil, context+string(rune(i)), 32)
		if err != nil {
			return Secret{}, fmt.Errorf("derive secret: %w", err)
		}
		if bytes.Compare(raw, n) < 0 && !bytes.Equal(raw, make([]byte, 32)) {
			return Secret(raw), nil
		}
	}
}

// Run is one run of the protocol, for one side.
type Run struct {
	side    Side
	idA     string
	idB     string
	secret  Secret
	private []byte // a random scalar
	share   []byte
}

// Start begins a run between the identities a and b.
func Start(side Side, secret Secret, a, b string) (*Run, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("choose a scalar: %w", err)
	}
	return start(side, secret, a, b, key.Bytes())
}

// start is Start with a scalar of the caller's.
func start(side Side, secret Secret, a, b string, private []byte) (*Run, error) {
	r := &Run{side: side, idA: a, idB: b, secret: secret, private: private}
	public, err := nistec.NewP256Point().ScalarBaseMult(private)
	if err != nil {
		return nil, fmt.Errorf("compute share: %w", err)
	}
	mask, err := blind(side, secret[:])
	if err != nil {
		return nil, err
	}
	r.share = public.Add(public, mask).Bytes()
	return r, nil
}

// blind is the point of a side, times k.
func blind(side Side, k []byte) (*nistec.P256Point, error) {
	text := pointM
	if side == B {
		text = pointN
	}
	p, err := nistec.NewP256Point().SetBytes(mustHex(text))
	if err != nil {
		return nil, fmt.Errorf("read the side's point: %w", err)
	}
	if p, err = p.ScalarMult(p, k); err != nil {
		return nil, fmt.Errorf("mask share: %w", err)
	}
	return p, nil
}

// Share is what is sent to the other side.
func (r *Run) Share() []byte { return slices.Clone(r.share) }

// ErrShare is a share that no honest side sends.
var ErrShare = errors.New("the share is no point of the curve")

// Finish takes the other side's share. That there are keys does not mean that
// the other side has the same: Keys.Confirms says so.
func (r *Run) Finish(theirs []byte) (*Keys, error) {
	if len(theirs) != ShareSize {
		return nil, ErrShare // also the point at infinity, which has one byte
	}
	p, err := nistec.NewP256Point().SetBytes(theirs)
	if err != nil {
		return nil, ErrShare
	}
	other := B
	if r.side == B {
		other = A
	}
	mask, err := blind(other, negative(r.secret))
	if err != nil {
		return nil, err
	}
	k, err := p.ScalarMult(p.Add(p, mask), r.private)
	if err != nil {
		return nil, fmt.Errorf("compute shared point: %w", err)
	}
	shared := k.Bytes()
	if len(shared) != ShareSize {
		return nil, ErrShare // they sent their mask alone
	}
	pA, pB := r.share, theirs
	if r.side == B {
		pA, pB = theirs, r.share
	}
	return schedule(r.side, transcript([]byte(r.idA), []byte(r.idB), pA, pB, shared, r.secret[:]))
}

// negative is the order less s, byte by byte without a branch.
func negative(s Secret) []byte {
	out := mustHex(order)
	borrow := 0
	for i := len(out) - 1; i >= 0; i-- {
		d := int(out[i]) - int(s[i]) - borrow
		borrow = (d >> 8) & 1
		out[i] = byte(d)
	}
	return out
}

// transcript is TT of RFC 9382 section 3.3: each part after its length.
func transcript(parts ...[]byte) []byte {
	var tt []byte
	for _, p := range parts {
		tt = binary.LittleEndian.AppendUint64(tt, uint64(len(p)))
		tt = append(tt, p...)
	}
	return tt
}

// Keys are what a run gives.
type Keys struct {
	Session [16]byte // Ke: the key that both have, for the caller to derive others from
	Confirm []byte   // what the other side is to be shown
	theirs  []byte
}

// schedule is RFC 9382 section 4, without additional data.
func schedule(side Side, tt []byte) (*Keys, error) {
	sum := sha256.Sum256(tt)
	confirm, err := hkdf.Key(sha256.New, sum[16:], nil, "ConfirmationKeys", 32)
	if err != nil {
		return nil, fmt.Errorf("derive confirmation keys: %w", err)
	}
	k := &Keys{Session: [16]byte(sum[:16]), Confirm: mac(confirm[:16], tt), theirs: mac(confirm[16:], tt)}
	if side == B {
		k.Confirm, k.theirs = k.theirs, k.Confirm
	}
	return k, nil
}

func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}

// Confirms says whether the other side, who showed this, knew the secret.
func (k *Keys) Confirms(shown []byte) bool { return hmac.Equal(shown, k.theirs) }

// mustHex reads a constant of this file.
func mustHex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err) // a test reads them all
	}
	return b
}
