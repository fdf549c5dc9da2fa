package main

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"usher/internal/box"
	"usher/internal/phone"
	"usher/internal/phone/door"
	"usher/internal/service"
	"usher/internal/ui"
)

func (a *appliance) openPhones() (err error) {
	a.phones, err = phone.Open(phone.Options{Keeper: a.state, Allowed: a.cfg.Phone.Allow == "yes", Logger: a.part("phone")})
	return err
}

// phoneServices let phones in while somebody wants them.
func (a *appliance) phoneServices() []service.Service {
	if a.cfg.Phone.Allow != "yes" {
		return nil
	}
	d := door.New(door.Options{
		Phones: a.phones, Handler: a.bridge.Phone(), Port: uint16(a.cfg.Phone.Port), AnyPort: a.cfg.Demo, Logger: a.part("phone"),
		Addresses: func() ([]netip.Addr, error) { return door.LAN(a.cfg.Demo) },
		Server:    a.phoneServer,
	})
	return []service.Service{{Name: "phones", Run: a.phones.Run}, {Name: "phone door", Run: d.Run}}
}

// The limits of connections from the LAN: how many may wait to be answered, and
// for how long one stays that asks for nothing more.
const (
	phoneCrowd = 64
	phoneIdle  = 15 * time.Second
)

func (a *appliance) phoneServer() *http.Server {
	s := httpServer("phone", phoneCrowd, a.log)
	s.IdleTimeout = phoneIdle
	return s
}

// phonesEdge is the phones as the bridge knows them.
type phonesEdge struct {
	*phone.Phones
	changed <-chan struct{}
}

func newPhonesEdge(p *phone.Phones) phonesEdge { return phonesEdge{p, p.Watch()} }

// Changed implements the bridge's contract.
func (e phonesEdge) Changed() <-chan struct{} { return e.changed }

// View implements the bridge's contract.
func (e phonesEdge) View() ui.PhonesView {
	v := e.Phones.View()
	out := ui.PhonesView{Allowed: v.Allowed, On: v.On, Ended: string(v.Ended), Hosts: v.Hosts, Trouble: v.Trouble}
	if w := v.Window; w != nil {
		out.Window = &ui.PhoneWindow{Code: w.Code, URI: w.URI, ExpiresAtMS: w.Until.UnixMilli(), TriesLeft: w.Left}
		if w.URI != "" {
			out.Window.QR = &box.QR{Size: w.QR.Size, Modules: w.QR.Modules}
		}
	}
	for _, p := range v.Phones {
		out.Phones = append(out.Phones, ui.Phone{ID: p.ID, Name: p.Name, PairedMS: p.Paired.UnixMilli(), SeenMS: p.Seen.UnixMilli(), Here: p.Here})
	}
	return out
}

// Switch implements the bridge's contract.
func (e phonesEdge) Switch(on bool) error { return phoneProblem(e.Phones.Switch(on)) }

// Pair implements the bridge's contract.
func (e phonesEdge) Pair() error { return phoneProblem(e.Phones.Pair()) }

// Remove implements the bridge's contract.
func (e phonesEdge) Remove(id string) error { return phoneProblem(e.Revoke(id)) }

// Accept implements the bridge's contract.
func (e phonesEdge) Accept(c ui.PhoneConn, host string, drop func(removed bool)) (ui.PhoneLink, error) {
	l, err := e.Phones.Accept(c, host, drop)
	if err != nil {
		return nil, err // not a link that is nil
	}
	return phoneLink{l}, nil
}

// phoneLink is the channel of a phone as the bridge knows it.
type phoneLink struct{ *phone.Link }

// Remove implements the bridge's contract.
func (l phoneLink) Remove() error { return phoneProblem(l.Revoke()) }

// phoneProblem is what a person is told.
func phoneProblem(err error) error {
	switch {
	case errors.Is(err, phone.ErrForbidden):
		return &box.Problem{Code: "phone_off", Text: "Phones cannot act as remotes of this box.", Hint: "Whoever set the box up switched it off: [phone] allow in usher.toml"}
	case errors.Is(err, phone.ErrFull):
		return &box.Problem{Code: "phone_full", Text: "There are as many phones as there may be.", Hint: "Remove one that is not used any more, then connect the new one."}
	case errors.Is(err, phone.ErrUnknown):
		return &box.Problem{Code: "phone_unknown", Text: "There is no such phone.", Hint: "List the phones: usher phone list"}
	}
	return err
}
