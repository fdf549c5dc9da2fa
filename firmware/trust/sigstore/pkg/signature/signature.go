// Package signature stands in for the package of the same name in sigstore,
// from which go-tuf takes the check of a signature. go.mod puts it there: the
// original brings protobuf and a container registry's names with it, which are
// 4 MB of a box's program, for two calls of the standard library.
//
// It checks and makes signatures of Ed25519, and of ECDSA over a hash of the
// message, and refuses every other key. It waits for nothing but the readers
// it is handed. What go-tuf does not call is not here: should a newer one call
// more, it does not compile.
package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
)

// Signer makes signatures.
type Signer interface {
	PublicKey() (crypto.PublicKey, error)
	SignMessage(message io.Reader) ([]byte, error)
}

// Verifier checks signatures.
type Verifier interface {
	// VerifySignature gives nil only for a signature of the whole message.
	VerifySignature(signature, message io.Reader) error
}

var (
	errKey       = errors.New("neither Ed25519 nor ECDSA")
	errSignature = errors.New("not a signature of this message by this key")
)

// LoadVerifier makes a Verifier of a public key. ECDSA signatures, in ASN.1,
// are of the hash; Ed25519 (RFC 8032) has its own.
func LoadVerifier(key crypto.PublicKey, hash crypto.Hash) (Verifier, error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return verifier(func(signature, message []byte) bool { return ed25519.Verify(k, message, signature) }), nil
		}
	case *ecdsa.PublicKey:
		if hash.Available() {
			return verifier(func(signature, message []byte) bool { return ecdsa.VerifyASN1(k, sum(hash, message), signature) }), nil
		}
	}
	return nil, errKey
}

// LoadRSAPSSVerifier refuses: boxes know no RSA.
func LoadRSAPSSVerifier(*rsa.PublicKey, crypto.Hash, *rsa.PSSOptions) (Verifier, error) {
	return nil, errKey
}

type verifier func(signature, message []byte) bool

func (v verifier) VerifySignature(signature, message io.Reader) error {
	s, m, err := readBoth(signature, message)
	if err != nil {
		return err
	}
	if !v(s, m) {
		return errSignature
	}
	return nil
}

func readBoth(signature, message io.Reader) (s, m []byte, err error) {
	if s, err = io.ReadAll(signature); err != nil {
		return nil, nil, fmt.Errorf("read signature: %w", err)
	}
	if m, err = io.ReadAll(message); err != nil {
		return nil, nil, fmt.Errorf("read message: %w", err)
	}
	return s, m, nil
}

// LoadSigner makes a Signer of a private key; the hash as in LoadVerifier.
func LoadSigner(key crypto.PrivateKey, hash crypto.Hash) (Signer, error) {
	switch k := key.(type) {
	case ed25519.PrivateKey:
		return signer{k, 0}, nil
	case *ecdsa.PrivateKey:
		if hash.Available() {
			return signer{k, hash}, nil
		}
	}
	return nil, errKey
}

type signer struct {
	key  crypto.Signer
	hash crypto.Hash // 0: the message itself is signed
}

func (s signer) PublicKey() (crypto.PublicKey, error) { return s.key.Public(), nil }

func (s signer) SignMessage(message io.Reader) ([]byte, error) {
	m, err := io.ReadAll(message)
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	if s.hash != 0 {
		m = sum(s.hash, m)
	}
	return s.key.Sign(rand.Reader, m, s.hash)
}

func sum(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}
