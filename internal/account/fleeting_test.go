package account

import (
	"os"
	"testing"

	"usher/device/keys"
	"usher/device/pairing"
)

// fleeting is a vault whose keys go with the power.
type fleeting struct{ keys.Vault }

func (v fleeting) Unseal(name string, sealed []byte) ([]byte, error) {
	if _, err := v.Key(name); err != nil {
		return nil, err
	}
	return v.Vault.Unseal(name, sealed)
}

func (fleeting) Protection() keys.Protection {
	return keys.Protection{Tier: keys.Kernel, Sealed: true, Fleeting: true}
}

// TestAccountsThatEndWithThePower: a box that was switched off begins without
// an account, as if it had been disconnected, and nothing of one is on its disk;
// one that was only started anew goes on.
func TestAccountsThatEndWithThePower(t *testing.T) {
	o := newOffice(t)
	folder := t.TempDir()
	vault := func() keys.Vault {
		v, err := keys.OpenFile(folder)
		must(t, err)
		return fleeting{v}
	}
	b := officePaired(t, o, withVault(vault()))
	b.stop()
	again := newTV(t, o.URL, withDir(b.dir), withVault(vault()))
	again.phase(pairing.Paired)
	o.set(func() { o.down = true })
	if _, err := again.all.Unpair(t.Context(), "films"); err != nil {
		t.Fatal(err)
	}
	o.set(func() { o.down = false })
	again.begin()
	again.phase(pairing.Paired)
	again.stop()

	must(t, os.RemoveAll(folder)) // the box is switched off
	off := New(Options{Services: []Service{{ID: "films", Issuer: o.URL, ClientID: "tvbox"}}, Dir: b.dir, Vault: vault()})
	if err := off.Open(); err != nil {
		t.Errorf("open: %v", err)
	}
	if s, err := off.Standing("films"); err != nil || s.Phase != pairing.Idle || s.Telling {
		t.Errorf("%+v, %v", s, err)
	}
	must(t, walk(b.dir, func(raw []byte) { t.Errorf("%d bytes are left", len(raw)) }))
}
