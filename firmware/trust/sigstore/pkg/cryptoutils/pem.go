// Package cryptoutils stands in for the package of the same name in sigstore,
// as package signature beside it does: public keys in PEM, which is how TUF
// writes those of ECDSA. It waits for nothing.
package cryptoutils

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

const publicKey = "PUBLIC KEY"

// UnmarshalPEMToPublicKey reads a key (RFC 7468, section 13).
func UnmarshalPEMToPublicKey(text []byte) (crypto.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != publicKey {
		return nil, errors.New("not a public key in PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	return key, nil
}

// MarshalPublicKeyToPEM writes a key.
func MarshalPublicKeyToPEM(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("write public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicKey, Bytes: der}), nil
}
