package main

import (
	"errors"
	"slices"
	"sync"

	"usher/internal/box"
	"usher/internal/qr"
	"usher/internal/ui"
)

// pocket is a box with one phone. Codes end as the list says, one after the
// other, once they have been looked at often enough to be seen.
type pocket struct {
	changed chan struct{}

	mu   sync.Mutex
	v    ui.PhonesView
	ends []string
	seen int // how often the code was looked at
}

func newPocket() *pocket {
	return &pocket{
		changed: make(chan struct{}, 1), ends: []string{"paired", "tries", "expired", "cancelled"},
		v: ui.PhonesView{
			Allowed: true, On: true, Hosts: []string{"192.168.1.20:8789", "usher-x.local:8789"},
			Phones: []ui.Phone{{ID: "00000000000000aa", Name: "Pixel 7", Here: true}, {ID: "00000000000000bb", Name: "iPhone"}, {ID: "00000000000000cc", Name: "iPhone"}},
		},
	}
}

func (p *pocket) View() ui.PhonesView {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.v.Window != nil {
		if p.seen++; p.seen > enough {
			p.v.Window, p.v.Ended, p.ends = nil, p.ends[0], p.ends[1:]
		}
	}
	return p.v
}

func (p *pocket) Changed() <-chan struct{} { return p.changed }

func (p *pocket) change(f func(*ui.PhonesView)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.v)
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *pocket) Switch(on bool) error {
	p.change(func(v *ui.PhonesView) { v.On = on })
	return nil
}

// enough: once for the topic, once for the answer to phones.pair, and once for
// the first question after it.
const enough = 3

func (p *pocket) Pair() error {
	code, err := qr.Of("http://192.168.1.20:8789/#482913")
	if err != nil {
		return err
	}
	p.change(func(v *ui.PhonesView) {
		v.Ended, p.seen = "", 0
		v.Window = &ui.PhoneWindow{Code: "482913", URI: "http://192.168.1.20:8789/#482913", QR: &box.QR{Size: code.Size, Modules: code.Modules}, TriesLeft: 3}
	})
	return nil
}

func (p *pocket) Cancel() {}

func (p *pocket) Remove(id string) error {
	p.change(func(v *ui.PhonesView) {
		v.Phones = slices.DeleteFunc(slices.Clone(v.Phones), func(x ui.Phone) bool { return id == "" || x.ID == id })
	})
	return nil
}

func (p *pocket) Hosts() []string { return nil }

func (p *pocket) Accept(ui.PhoneConn, string, func(bool)) (ui.PhoneLink, error) {
	return nil, errors.New("nobody comes in")
}
