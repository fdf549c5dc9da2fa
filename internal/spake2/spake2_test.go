package spake2

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is one of RFC 9382 appendix B, as testdata has it.
type vector struct {
	A, B, W, X, PA, Y, PB, Ke, ConfA, ConfB string
}

func vectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/rfc9382.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(raw, &list); err != nil || len(list) != 4 {
		t.Fatalf("%d vectors, %v", len(list), err)
	}
	return list
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectorsOfTheRFC runs both sides with the scalars of RFC 9382 appendix B.
func TestVectorsOfTheRFC(t *testing.T) {
	for _, v := range vectors(t) {
		secret := Secret(bytesOf(t, v.W))
		a, errA := start(A, secret, v.A, v.B, bytesOf(t, v.X))
		b, errB := start(B, secret, v.A, v.B, bytesOf(t, v.Y))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		keysA, errA := a.Finish(b.Share())
		keysB, errB := b.Finish(a.Share())
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		got := vector{
			v.A, v.B, v.W, v.X, hex.EncodeToString(a.Share()), v.Y, hex.EncodeToString(b.Share()),
			hex.EncodeToString(keysA.Session[:]), hex.EncodeToString(keysA.Confirm), hex.EncodeToString(keysB.Confirm),
		}
		if diff := cmp.Diff(v, got); diff != "" {
			t.Errorf("A %q, B %q (-RFC +here):\n%s", v.A, v.B, diff)
		}
		if keysA.Session != keysB.Session || !keysA.Confirms(keysB.Confirm) || !keysB.Confirms(keysA.Confirm) {
			t.Errorf("A %q, B %q: the sides do not agree", v.A, v.B)
		}
	}
}

func secretOf(t *testing.T, password string) Secret {
	t.Helper()
	s, err := Derive([]byte(password), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// agree runs both sides and says whether each believes the other.
func agree(t *testing.T, a, b *Run) (aBelieves, bBelieves bool) {
	t.Helper()
	keysA, errA := a.Finish(b.Share())
	keysB, errB := b.Finish(a.Share())
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	return keysA.Confirms(keysB.Confirm), keysB.Confirms(keysA.Confirm)
}

func begin(t *testing.T, side Side, password, a, b string) *Run {
	t.Helper()
	r, err := Start(side, secretOf(t, password), a, b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOnlyTheSameSecretAndTheSameNamesAgree(t *testing.T) {
	for _, c := range []struct {
		name, passA, passB, idA, idB, otherB string
		want                                 bool
	}{
		{"same", "482913", "482913", "phone", "box", "box", true},
		{"another code", "482913", "482914", "phone", "box", "box", false},
		{"no code", "482913", "", "phone", "box", "box", false},
		{"another box", "482913", "482913", "phone", "box", "other", false},
		{"names run together", "482913", "482913", "phone", "box", "", false},
	} {
		x, y := agree(t, begin(t, A, c.passA, c.idA, c.idB), begin(t, B, c.passB, c.idA, c.otherB))
		if x != c.want || y != c.want {
			t.Errorf("%s: A believes %v, B believes %v, want %v", c.name, x, y, c.want)
		}
	}
}

// TestSharesThatNobodyHonestSends: each is refused before anything of the secret
// shows; a reflected share gives keys that do not agree.
func TestSharesThatNobodyHonestSends(t *testing.T) {
	a := begin(t, A, "1", "a", "b")
	off := a.Share()
	off[64] ^= 1
	mask, err := blind(B, a.secret[:])
	if err != nil {
		t.Fatal(err)
	}
	for name, share := range map[string][]byte{
		"empty": {}, "infinity": {0}, "zeros": make([]byte, ShareSize), "off the curve": off, "short": a.Share()[:64], "compressed": append([]byte{2}, a.Share()[1:33]...),
		"long": append(a.Share(), 0), "the mask alone": mask.Bytes(), "beyond the field": append([]byte{4}, bytes.Repeat([]byte{0xff}, 64)...),
	} {
		if _, err := a.Finish(share); !errors.Is(err, ErrShare) {
			t.Errorf("%s: %v", name, err)
		}
	}
	keys, err := a.Finish(a.Share())
	if err != nil || keys.Confirms(keys.Confirm) {
		t.Errorf("a share that came back: %v", err)
	}
}

func TestSecretsDifferByPasswordAndUse(t *testing.T) {
	other, err := Derive([]byte("482913"), "another use")
	if err != nil {
		t.Fatal(err)
	}
	if s := secretOf(t, "482913"); s != secretOf(t, "482913") || s == secretOf(t, "482914") || s == other {
		t.Error("secrets are not a function of password and use")
	}
	if s := secretOf(t, "482913"); bytes.Equal(negative(s), s[:]) {
		t.Error("a secret is its own negative")
	}
}

func FuzzFinish(f *testing.F) {
	r, err := start(A, Secret{31: 7}, "a", "b", append(make([]byte, 31), 5))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Share())
	f.Add([]byte{0})
	f.Add(append([]byte{4}, make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, share []byte) {
		keys, err := r.Finish(share)
		if (err == nil) != (keys != nil) {
			t.Fatalf("keys %v, error %v", keys, err)
		}
	})
}
