package ui

import (
	"encoding/json"
	"sync"
	"testing"
)

// drawer is a household's settings that can be changed.
type drawer struct {
	mu      sync.Mutex
	value   string
	changed chan struct{}
}

func (d *drawer) Settings() Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Settings{Values: map[string]string{"contrast": d.value}}
}

func (d *drawer) Set(_, value string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.value = value
	select {
	case d.changed <- struct{}{}:
	default:
	}
	return nil
}

func (*drawer) Say(string, string) {}

func (d *drawer) Changed() <-chan struct{} { return d.changed }

// TestChoicesReachEveryScreen: what is chosen on one screen, or by another way,
// is told to all of them.
func TestChoicesReachEveryScreen(t *testing.T) {
	d := &drawer{value: "normal", changed: make(chan struct{}, 1)}
	b := newBench(t, func(o *Options, _ *limits) { o.Household = d })
	one, other := b.dial(t), b.join(t)
	one.call("session.hello", `{"token":"`+testToken+`","api":"1.1","client":{"name":"test"}}`, new(any))
	for _, p := range []*peer{one, other} {
		var got struct {
			Topics map[string]struct{ State Settings }
		}
		p.call("topic.subscribe", `{"topics":["settings"]}`, &got)
		if s := got.Topics["settings"].State; s.Values["contrast"] != "normal" || s.List == nil {
			t.Fatalf("at first %+v", s)
		}
	}
	one.call("settings.set", `{"name":"contrast","value":"high"}`, new(any))
	for other.chosen() != "high" {
	}
	if err := d.Set("contrast", "normal"); err != nil { // as the command line does
		t.Fatal(err)
	}
	for other.chosen() != "normal" {
	}
}

// chosen is the contrast in the next event.
func (p *peer) chosen() string {
	p.t.Helper()
	var s Settings
	if err := json.Unmarshal(p.event().State, &s); err != nil {
		p.t.Fatal(err)
	}
	return s.Values["contrast"]
}

// TestAllTopicsAtOnce: a screen follows them all with one call.
func TestAllTopicsAtOnce(t *testing.T) {
	names, err := json.Marshal(topicNames())
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Topics map[topicName]any }
	newBench(t).join(t).call("topic.subscribe", `{"topics":`+string(names)+`}`, &got)
	if len(got.Topics) != len(topicNames()) {
		t.Errorf("follows %v", got.Topics)
	}
}
