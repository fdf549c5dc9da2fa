package main

import (
	"sync"
	"sync/atomic"

	"usher/device/uplink"
	"usher/internal/service"
)

// metering is whether the network is paid for by the byte: as the household or
// the configuration says, or as NetworkManager does. A demo leaves the machine
// that it runs on alone; its watcher is nil.
type metering struct {
	paid    atomic.Bool
	watcher *uplink.Watcher
	tell    func(paid bool)

	mu     sync.Mutex
	choice string // "yes", "no" or "auto"
	answer uplink.Answer
}

// openMetering tells the origin what is known now, and who fetches ahead that
// there is news later.
func (a *appliance) openMetering() {
	m := &a.uplink
	m.tell = func(paid bool) {
		a.origin.SetMetered(paid)
		if a.kits != nil {
			a.kits.Wake()
		}
		if a.network != nil {
			a.network.Wake()
		}
	}
	m.choose(a.cfg.Network.Metered)
	if !a.cfg.Demo {
		m.watcher = uplink.New(uplink.Options{Logger: a.part("uplink"), Told: m.hear})
	}
}

// choose takes what the household or the configuration says.
func (m *metering) choose(choice string) { m.settle(func() { m.choice = choice }) }

// hear takes what NetworkManager says.
func (m *metering) hear(answer uplink.Answer) { m.settle(func() { m.answer = answer }) }

func (m *metering) settle(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
	paid := m.choice == "yes" || m.choice == "auto" && m.answer == uplink.Paid
	m.paid.Store(paid)
	m.tell(paid)
}

func (m *metering) services() []service.Service {
	if m.watcher == nil {
		return nil
	}
	return []service.Service{{Name: "uplink", Run: m.watcher.Run, Restart: service.OnError}}
}
