package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"usher/device/keys"
	"usher/device/pairing"
	"usher/internal/durable"
)

const (
	storeVersion = 1
	maxStored    = 256 << 10 // bytes of a file
)

// held are tokens in use. They never change; new ones take their place.
type held struct {
	pairing.Tokens
	until time.Time // when Access should be renewed, by the service's clock; zero: not known
	key   keys.Key
}

func (a *account) hold(key keys.Key, t pairing.Tokens) *held {
	h := &held{Tokens: t, key: key}
	if t.Life > 0 {
		now, _ := a.clock.now()
		h.until = now.Add(t.Life - min(early, t.Life/4))
	}
	return h
}

func (a *account) holding() *held {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held
}

// envelope is a file: what it holds is sealed as far as the vault can.
type envelope struct {
	Version int    `json:"version"`
	Sealed  []byte `json:"sealed"`
}

// kept is what is sealed.
type kept struct {
	Issuer  string    `json:"issuer"`
	Client  string    `json:"client"`
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Type    string    `json:"type"`
	Scope   string    `json:"scope"`
	Until   time.Time `json:"until,omitzero"`
	Floor   time.Time `json:"floor,omitzero"` // the service's time, at least
}

func (a *account) file(kind string) string { return filepath.Join(a.o.Dir, a.name+"."+kind) }

// save puts tokens on the disk.
func (a *account) save(h *held) error {
	return a.write("account", a.name, kept{
		Issuer: a.service.Issuer, Client: a.service.ClientID, Access: h.Access.Reveal(), Refresh: h.Refresh.Reveal(),
		Type: h.Type, Scope: h.Scope, Until: h.until, Floor: a.clock.floor(),
	})
}

// write seals v with the key of a name.
func (a *account) write(kind, name string, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	e := envelope{Version: storeVersion}
	if e.Sealed, err = a.o.Vault.Seal(name, plain); err != nil {
		return fmt.Errorf("seal %s: %w", kind, err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	return durable.Replace(a.file(kind), raw)
}

// read is the way back. found is false where there is no file.
func (a *account) read(kind, name string, v any) (found bool, err error) {
	raw, err := durable.Read(a.file(kind), maxStored)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var e envelope
	if json.Unmarshal(raw, &e) != nil || e.Version != storeVersion {
		return true, fmt.Errorf("%w: %s", keys.ErrSealed, kind)
	}
	plain, err := a.o.Vault.Unseal(name, e.Sealed)
	if err != nil {
		return true, err
	}
	if json.Unmarshal(plain, v) != nil {
		return true, fmt.Errorf("%w: %s", keys.ErrSealed, kind)
	}
	return true, nil
}

// open reads what is stored.
func (a *account) open() error {
	graves, errGraves := a.readGraves()
	h, floor, err := a.load()
	if h != nil && buried(graves, h.Refresh) {
		h, err = nil, a.wipe() // the box stopped while it unpaired
	}
	a.clock.remember(floor)
	a.mu.Lock()
	a.graves = len(graves)
	if a.held = h; h != nil {
		a.state.Phase = pairing.Paired
	}
	a.mu.Unlock()
	a.publish()
	return errors.Join(err, errGraves)
}

// lost says that a key went with the power, as it should in such a tier.
func (a *account) lost(err error) bool {
	return errors.Is(err, keys.ErrNoKey) && a.o.Vault.Protection().Fleeting
}

func (a *account) load() (*held, time.Time, error) {
	var k kept
	found, err := a.read("account", a.name, &k)
	if a.lost(err) {
		return nil, time.Time{}, a.wipe()
	}
	if err != nil || !found {
		return nil, time.Time{}, err
	}
	if k.Issuer != a.service.Issuer || k.Client != a.service.ClientID {
		return nil, time.Time{}, errors.New("it was made with another issuer or client id than are configured now; pair again")
	}
	key, err := a.o.Vault.Key(a.name)
	if err != nil {
		return nil, time.Time{}, err
	}
	t := pairing.Tokens{Access: pairing.Secret(k.Access), Refresh: pairing.Secret(k.Refresh), Type: k.Type, Scope: k.Scope}
	if !t.Bound() && !a.service.AllowBearer {
		return nil, time.Time{}, errors.New("its tokens are not bound to the box's key; pair again")
	}
	return &held{Tokens: t, until: k.Until, key: key}, k.Floor, nil
}

// wipe removes tokens and key. Without the key, what is left of the file on
// flash is worthless, where the vault seals.
func (a *account) wipe() error {
	return errors.Join(a.o.Vault.Delete(a.name), durable.Remove(a.file("account")))
}
