// Package settings is what a household chooses on the screen: the language,
// the size of the letters, how subtitles look, what the television does.
//
// It guarantees that a value it gives is one of those allowed for its name,
// that a value is on disk before Set returns and before anybody acts on it, and
// that what cannot be read from the disk (an older or newer usherd wrote it) is
// the default rather than an error. Set blocks until the disk has the value,
// one caller at a time; Values never blocks for longer than a map takes to
// copy. The package starts no goroutine and logs nothing.
package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"usher/internal/spell"
)

// Values are settings by name; every value is one of those of its name.
type Values map[string]string

// Keeper stores small texts for good.
type Keeper interface {
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
}

// key is where all chosen values are kept, as one JSON object.
const key = "settings"

// Settings are the household's choices over the box's defaults.
type Settings struct {
	keeper   Keeper
	known    []Setting
	defaults Values
	apply    func(name, value string)

	changed chan struct{}

	setting sync.Mutex // held while one is stored and acted on
	mu      sync.Mutex // guards chosen
	chosen  Values
}

// Options are the parts of Settings; Keeper is required.
type Options struct {
	Keeper   Keeper
	Defaults Values // of this box, from its configuration; they are allowed whatever the list says
	// Apply makes a value effective; nil where nobody has to act. It must not
	// block and is called in the order of Set.
	Apply func(name, value string)
}

// Open reads what was chosen. An error is of the disk.
func Open(o Options) (*Settings, error) {
	s := &Settings{keeper: o.Keeper, known: List(), defaults: Values{}, chosen: Values{}, apply: o.Apply, changed: make(chan struct{}, 1)}
	for i, k := range s.known {
		v, ok := o.Defaults[k.Name]
		if !ok {
			v = k.Default
		}
		if !k.allows(v) { // a box may be set up for what the list does not have
			s.known[i].Values = append([]string{v}, k.Values...)
		}
		s.defaults[k.Name] = v
	}
	text, ok, err := o.Keeper.Setting(key)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	if ok {
		s.chosen = s.readable(text)
	}
	return s, nil
}

// readable is what of a stored text still has a meaning.
func (s *Settings) readable(text string) Values {
	var stored map[string]any
	_ = json.Unmarshal([]byte(text), &stored) // what is no object is nothing chosen
	out := Values{}
	for _, k := range s.known {
		if v, ok := stored[k.Name].(string); ok && k.allows(v) {
			out[k.Name] = v
		}
	}
	return out
}

// Values are all settings, those not chosen by their defaults.
func (s *Settings) Values() Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := maps.Clone(s.defaults)
	maps.Copy(out, s.chosen)
	return out
}

// Known is what can be chosen, and how it is by default on this box.
func (s *Settings) Known() []Setting {
	out := slices.Clone(s.known)
	for i := range out {
		out[i].Default = s.defaults[out[i].Name]
	}
	return out
}

// Get is one setting; "" when there is none of that name.
func (s *Settings) Get(name string) string { return s.Values()[name] }

// UnknownError is a name or a value that there is not.
type UnknownError struct {
	Name    string
	Value   string
	Known   bool     // the name is known, and the value is not one of Allowed
	Allowed []string // the values; of a name that is not known, names near to it
}

// Error names what is allowed.
func (e *UnknownError) Error() string {
	if !e.Known {
		return fmt.Sprintf("there is no setting %.40q; did you mean %s?", e.Name, strings.Join(e.Allowed, " or "))
	}
	return fmt.Sprintf("setting %s cannot be %.40q; it is one of: %s", e.Name, e.Value, strings.Join(e.Allowed, ", "))
}

// Set chooses a value: stored first, then acted on. The error is an
// *UnknownError, or of the disk; nothing has changed then.
func (s *Settings) Set(name, value string) error {
	k, err := s.find(name)
	if err != nil {
		return err
	}
	if !k.allows(value) {
		return &UnknownError{Name: name, Value: value, Known: true, Allowed: k.Values}
	}
	s.setting.Lock()
	defer s.setting.Unlock()
	if err := s.store(name, value); err != nil {
		return err
	}
	if s.apply != nil {
		s.apply(name, value)
	}
	select {
	case s.changed <- struct{}{}:
	default: // a token waits already; its reader will see this value too
	}
	return nil
}

// Changed has a token after a value was set, whoever set it; tokens are merged.
// It is for one reader.
func (s *Settings) Changed() <-chan struct{} { return s.changed }

func (s *Settings) store(name, value string) error {
	s.mu.Lock()
	next := maps.Clone(s.chosen)
	s.mu.Unlock()
	next[name] = value
	text, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode the settings: %w", err)
	}
	if err := s.keeper.SetSetting(key, string(text)); err != nil {
		return fmt.Errorf("store setting %s: %w", name, err)
	}
	s.mu.Lock()
	s.chosen = next
	s.mu.Unlock()
	return nil
}

// ApplyAll acts on every setting that was chosen, in the order of List: once,
// when the parts are there.
func (s *Settings) ApplyAll() {
	if s.apply == nil {
		return
	}
	s.setting.Lock()
	defer s.setting.Unlock()
	s.mu.Lock()
	chosen := s.chosen // replaced, never changed
	s.mu.Unlock()
	for _, k := range s.known {
		if v, ok := chosen[k.Name]; ok {
			s.apply(k.Name, v)
		}
	}
}

func (s *Settings) find(name string) (Setting, error) {
	i := slices.IndexFunc(s.known, func(k Setting) bool { return k.Name == name })
	if i >= 0 {
		return s.known[i], nil
	}
	names := make([]string, len(s.known))
	for i, k := range s.known {
		names[i] = k.Name
	}
	if near := spell.Nearest(name, names); near != "" {
		names = []string{near}
	}
	return Setting{}, &UnknownError{Name: name, Allowed: names}
}
