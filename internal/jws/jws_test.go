package jws_test

import (
	"errors"
	"testing"

	"usher/internal/jws"
	"usher/internal/rights"
)

func TestWhatIsSignedIsVerified(t *testing.T) {
	made, pem, err := jws.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	k, err := jws.ReadKey(pem)
	if err != nil || k.ID != made.ID {
		t.Fatalf("the key's PEM gives %q, %v; want %q", k.ID, err, made.ID)
	}
	keys, err := rights.ParseKeys([]byte(k.Public()))
	if err != nil {
		t.Fatal(err)
	}
	text := k.Sign("a-thing", []byte("said"))
	if text != made.Sign("a-thing", []byte("said")) {
		t.Error("the same key signs the same words in two ways")
	}
	got, by, err := rights.Verify(text, "a-thing", 1000, keys)
	if err != nil || string(got) != "said" || by != k.ID {
		t.Errorf("%q by %q, %v", got, by, err)
	}
	if _, _, err := rights.Verify(text, "another-thing", 1000, keys); !errors.Is(err, rights.ErrFormat) {
		t.Errorf("taken for another thing: %v", err)
	}
}

func TestOtherFilesAreNoKeys(t *testing.T) {
	for _, text := range []string{"", "ssh-ed25519 AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := jws.ReadKey([]byte(text)); !errors.Is(err, jws.ErrKey) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
