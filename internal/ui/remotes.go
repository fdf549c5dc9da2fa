package ui

import (
	"context"

	"usher/device/remote"
	"usher/internal/box"
)

// Remotes are the remote controls that the daemon reads itself.
type Remotes interface {
	Devices() []RemoteDevice
	// Learn waits for the next press of any button; it blocks until ctx ends.
	Learn(ctx context.Context) (LearnedButton, error)
}

// RemoteDevice is an input device of the box and what is done with it.
type RemoteDevice struct {
	Node    string `json:"node"` // such as /dev/input/event3
	Name    string `json:"name"`
	Kind    string `json:"kind"` // remote, keyboard, mouse, cec or other
	Bus     uint16 `json:"bus"`  // BUS_* of the kernel
	Vendor  uint16 `json:"vendor"`
	Product uint16 `json:"product"`
	Unique  string `json:"unique,omitempty"`
	Keymap  string `json:"keymap,omitempty"`
	Read    bool   `json:"read"`
	Problem string `json:"problem,omitempty"` // why it is not read although it should be
	Hint    string `json:"hint,omitempty"`
}

// LearnedButton is a button that somebody pressed to show it.
type LearnedButton struct {
	Device RemoteDevice `json:"device"`
	Code   uint32       `json:"code"`
	Name   string       `json:"name"` // the kernel's, as in a keymap
	// Means is what it means, by "short", "long" and "double".
	Means map[string]remote.Key `json:"means"`
}

func (b *Bridge) withRemotes() (Remotes, error) {
	if b.remotes == nil {
		return nil, refusal(&box.Problem{
			Code: "remotes_off", Text: "The daemon reads no remotes itself.",
			Hint: `Set [remote] read = "on" in the configuration; a demo reads none by itself.`,
		})
	}
	return b.remotes, nil
}

func (b *Bridge) remoteDevices(context.Context, *session, none) (any, error) {
	r, err := b.withRemotes()
	if err != nil {
		return nil, err
	}
	return map[string]any{"devices": some(r.Devices())}, nil
}

func (b *Bridge) remoteLearn(ctx context.Context, _ *session, _ none) (any, error) {
	r, err := b.withRemotes()
	if err != nil {
		return nil, err
	}
	l, err := r.Learn(ctx)
	if err != nil {
		return nil, err
	}
	if l.Means == nil {
		l.Means = map[string]remote.Key{}
	}
	return l, nil
}
