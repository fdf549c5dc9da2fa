package phone

import (
	"strings"
	"testing"

	"usher/internal/phone/phonetest"
)

// comeAgain lets a phone in by a new code, as somebody who was let in before.
func comeAgain(t *testing.T, p *Phones, was *phonetest.Phone) (*phonetest.Phone, visit) {
	t.Helper()
	if err := p.Pair(); err != nil {
		t.Fatal(err)
	}
	h := &phonetest.Phone{Was: was}
	v := connect(t, p, h, codeOf(t, p))
	if v.err != nil {
		t.Fatal(v.err)
	}
	return h, v
}

// TestAPhoneThatComesAgainIsThereOnce: with its name, and its older self is out.
func TestAPhoneThatComesAgainIsThereOnce(t *testing.T) {
	d := newDisk()
	p := open(t, d)
	first, v := pair(t, p)
	v.link.Named("Pixel 7")
	second, _ := comeAgain(t, p, first)
	got := p.View().Phones
	if len(got) != 1 || got[0].ID != second.ID || got[0].Name != "Pixel 7" {
		t.Errorf("phones: %+v", got)
	}
	if len(v.dropped) != 1 || strings.Contains(d.kept[settingKey], encode(first.Key)) {
		t.Errorf("the older self: dropped %d times, or its key is on the disk", len(v.dropped))
	}
	if v := connect(t, p, first, ""); v.refused.Why != string(refusedUnknown) {
		t.Errorf("the older self comes back: %+v", v.refused)
	}
	if v := connect(t, p, second, ""); v.err != nil {
		t.Errorf("the phone itself: %v", v.err)
	}
}

// TestNobodyTakesAnothersPlace: an id without its key, or none that is known, adds
// a phone and puts nobody out.
func TestNobodyTakesAnothersPlace(t *testing.T) {
	p := open(t, newDisk())
	first, v := pair(t, p)
	for n, was := range []*phonetest.Phone{
		{ID: first.ID, Key: make([]byte, keySize)},
		{ID: "0000000000000000", Key: first.Key},
		{ID: "", Key: first.Key},
	} {
		comeAgain(t, p, was)
		if got := p.View().Phones; len(got) != n+2 || got[0].ID != first.ID {
			t.Errorf("as %q: %+v", was.ID, got)
		}
	}
	if len(v.dropped) != 0 {
		t.Error("the phone was put out")
	}
}

// TestAProofIsGoodInItsRunOnly: one that was recorded is of no use in another.
func TestAProofIsGoodInItsRunOnly(t *testing.T) {
	r := record{Phones: []member{{ID: "0123456789abcdef", Key: encode(make([]byte, keySize))}}}
	proof, err := proofOf(make([]byte, keySize), [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	m := message{Was: "0123456789abcdef", Proof: encode(proof)}
	if i := r.same(m, [16]byte{1}); i != 0 {
		t.Errorf("its own run: %d", i)
	}
	for _, m := range []message{m, {Was: m.Was}, {Was: m.Was, Proof: "?"}, {Proof: m.Proof}} {
		if i := r.same(m, [16]byte{2}); i != -1 {
			t.Errorf("%+v in another run: %d", m, i)
		}
	}
}
