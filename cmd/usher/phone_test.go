package main

import (
	"errors"
	"slices"
	"sync"
	"time"

	"usher/internal/box"
	"usher/internal/qr"
	"usher/internal/ui"
)

// pocket is a box with one phone. Codes end as the list says, one after the
// other, a moment after they are shown.
type pocket struct {
	changed chan struct{}

	mu   sync.Mutex
	v    ui.PhonesView
	ends []string
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

// shownFor is how long a code of the pocket is shown: longer than a client needs
// to see it on a loaded machine.
const shownFor = 2 * time.Second

func (p *pocket) Pair() error {
	code, err := qr.Of("http://192.168.1.20:8789/#482913")
	if err != nil {
		return err
	}
	p.change(func(v *ui.PhonesView) {
		v.Ended = ""
		v.Window = &ui.PhoneWindow{Code: "482913", URI: "http://192.168.1.20:8789/#482913", QR: &box.QR{Size: code.Size, Modules: code.Modules}, TriesLeft: 3}
	})
	end := p.ends[0]
	p.ends = p.ends[1:]
	time.AfterFunc(shownFor, func() {
		p.change(func(v *ui.PhonesView) { v.Window, v.Ended = nil, end })
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
