package trust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// signers are one of each kind of key that a root may have.
func signers(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	_, ed, err1 := ed25519.GenerateKey(nil)
	ec, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return map[string]crypto.Signer{"Ed25519": ed, "ECDSA": ec}
}

// What stands in for sigstore's signatures takes a signature by the key over
// the message, and no other.
func TestSignaturesOfEachKind(t *testing.T) {
	others := signers(t)
	for kind, key := range signers(t) {
		s, err := signature.LoadSigner(key, crypto.SHA256)
		if err != nil {
			t.Fatal(kind, err)
		}
		good, err := s.SignMessage(bytes.NewReader([]byte("message")))
		if err != nil {
			t.Fatal(kind, err)
		}
		bad := bytes.Clone(good)
		bad[len(bad)-1] ^= 1
		for name, c := range map[string]struct {
			key     crypto.PublicKey
			sign    []byte
			message string
			want    bool
		}{
			"good":          {key.Public(), good, "message", true},
			"other message": {key.Public(), good, "massage", false},
			"other key":     {others[kind].Public(), good, "message", false},
			"one bit":       {key.Public(), bad, "message", false},
			"none":          {key.Public(), nil, "message", false},
		} {
			v, err := signature.LoadVerifier(c.key, crypto.SHA256)
			if err != nil {
				t.Fatal(kind, err)
			}
			if err := v.VerifySignature(bytes.NewReader(c.sign), bytes.NewReader([]byte(c.message))); (err == nil) != c.want {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
	}
}

// The library takes both kinds of keys through their written form.
func TestLibraryWithEachKind(t *testing.T) {
	for kind, key := range signers(t) {
		root := metadata.Root(time.Now())
		written, err := metadata.KeyFromPublicKey(key.Public())
		if err != nil {
			t.Fatal(kind, err)
		}
		for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
			if err := root.Signed.AddKey(written, role); err != nil {
				t.Fatal(kind, err)
			}
		}
		s, err := signature.LoadSigner(key, crypto.SHA256)
		if err != nil {
			t.Fatal(kind, err)
		}
		if _, err := root.Sign(s); err != nil {
			t.Fatal(kind, err)
		}
		data, err := root.ToBytes(false)
		if err != nil {
			t.Fatal(kind, err)
		}
		if err := sound(partRoot, data); err != nil {
			t.Error(kind, err)
		}
		read, err := metadata.Root().FromBytes(data)
		if err != nil {
			t.Fatal(kind, err)
		}
		if err := read.VerifyDelegate(metadata.ROOT, read); err != nil {
			t.Error(kind, err)
		}
		if err := read.VerifyDelegate(metadata.ROOT, metadata.Root(time.Now())); err == nil {
			t.Error(kind, "another root, not signed, is taken")
		}
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.PublicKey{nil, ed25519.PublicKey("short"), "x", &rsa.PublicKey{}} {
		if _, err := signature.LoadVerifier(key, crypto.SHA256); err == nil {
			t.Errorf("%T", key)
		}
	}
	if _, err := signature.LoadVerifier(ec.Public(), crypto.Hash(0)); err == nil {
		t.Error("ECDSA without a hash")
	}
	if _, err := signature.LoadRSAPSSVerifier(nil, crypto.SHA256, nil); err == nil {
		t.Error("RSA")
	}
	for _, text := range []string{"", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if _, err := cryptoutils.UnmarshalPEMToPublicKey([]byte(text)); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}
