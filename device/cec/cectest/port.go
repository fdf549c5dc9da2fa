package cectest

import (
	"time"

	"usher/device/cec"
)

// claimTime is how long a claim takes: polls, and what is said after it.
const claimTime = 150 * time.Millisecond

// Port is the box's end of the wire, and the Linux kernel behind it: it claims
// an address when there is a cable, answers what the kernel answers, and hands
// on the rest.
type Port struct {
	room     *Room
	claim    cec.Claim
	socket   cec.Physical // where the cable leads
	physical cec.Physical // as the television shows it
	logical  cec.Address
	wanted   bool
	round    int
	tell     func(cec.BusEvent)
}

// NewPort is a port whose cable leads to that socket of the television.
func (r *Room) NewPort(claim cec.Claim, socket cec.Physical) *Port {
	p := &Port{room: r, claim: claim, socket: socket, physical: cec.NoPhysical, logical: cec.Unregistered}
	r.devices = append(r.devices, p)
	return p
}

// Open claims an address; events go to tell until Close.
func (p *Port) Open(tell func(cec.BusEvent)) {
	p.tell, p.wanted = tell, true
	tell(cec.Attached{Adapter: cec.Adapter{Node: "cectest", Driver: "cectest", Name: "virtual"}})
	p.place(p.physical)
}

// Close gives the address back.
func (p *Port) Close() {
	p.wanted, p.logical, p.tell = false, cec.Unregistered, nil
	p.round++
}

// Plug puts the cable in, or the television shows its EDID again.
func (p *Port) Plug() { p.place(p.socket) }

// Unplug pulls it out, or the television stops showing its EDID.
func (p *Port) Unplug() { p.place(cec.NoPhysical) }

// Vanish takes the adapter away, as an unbound driver does, until Open.
func (p *Port) Vanish() {
	tell := p.tell
	p.Close()
	if tell != nil {
		tell(cec.Detached{Trouble: cec.Trouble{Code: "cec_gone", Text: "The HDMI-CEC adapter went away.", Next: "Nothing: it is taken again when it comes back."}})
	}
}

// place takes a physical address, and claims a logical one.
func (p *Port) place(at cec.Physical) {
	p.physical, p.logical = at, cec.Unregistered
	p.round++
	p.event(cec.Claimed{Physical: at, Logical: cec.Unregistered})
	if !at.Known() || !p.wanted {
		return
	}
	round := p.round
	p.room.After(claimTime, func() {
		if p.round == round {
			p.settle()
		}
	})
}

func (p *Port) settle() {
	for _, a := range []cec.Address{cec.Playback1, cec.Playback2, cec.Playback3} {
		if !p.room.taken(a) {
			p.logical = a
			break
		}
	}
	p.event(cec.Claimed{Physical: p.physical, Logical: p.logical})
	if p.logical == cec.Unregistered {
		return
	}
	p.room.say(p, cec.Broadcast, cec.ReportPhysicalAddress{At: p.physical, Type: 4})
	if p.claim.Vendor != cec.NoVendor {
		p.room.say(p, cec.Broadcast, cec.DeviceVendorID{Vendor: p.claim.Vendor})
	}
}

func (r *Room) taken(a cec.Address) bool {
	for _, d := range r.devices {
		if d.address() == a {
			return true
		}
	}
	return false
}

func (p *Port) event(e cec.BusEvent) {
	if p.tell != nil {
		p.tell(e)
	}
}

// Send puts a frame on the wire, as far as the kernel allows it.
func (p *Port) Send(o cec.Outgoing) {
	view := !o.Frame.Poll() && (o.Frame.Opcode() == cec.OpImageViewOn || o.Frame.Opcode() == cec.OpTextViewOn)
	without := o.Frame.From() == cec.Unregistered && o.Frame.To() == cec.TV && view
	if p.tell == nil || (o.Frame.From() != p.logical && !without) || (p.logical == cec.Unregistered && !without) {
		p.event(cec.Sent{ID: o.ID, At: p.room.now, Result: cec.ResultDropped})
		return
	}
	round := p.round
	p.room.send(p, o.Frame, func(taken bool) {
		result := cec.ResultOK
		if !taken {
			result = cec.ResultNack
		}
		if p.round != round && !without {
			result = cec.ResultAborted
		}
		p.event(cec.Sent{ID: o.ID, At: p.room.now, Result: result})
	})
}

func (p *Port) address() cec.Address { return p.logical }

// hear answers what the kernel answers, and hands on the rest.
func (p *Port) hear(m cec.Message, f cec.Frame) {
	if m.To != cec.Broadcast {
		if body := p.kernel(m); body != nil {
			to := m.From
			if _, all := body.(cec.ReportPhysicalAddress); all {
				to = cec.Broadcast
			}
			if _, all := body.(cec.DeviceVendorID); all {
				to = cec.Broadcast
			}
			p.room.say(p, to, body)
			return
		}
	}
	if p.wanted {
		p.event(cec.Received{At: p.room.now, Frame: f})
	}
}

// kernel is the answer of the kernel's core; nil: none of its business.
func (p *Port) kernel(m cec.Message) cec.Body {
	switch cec.OpcodeOf(m.Body) {
	case cec.OpGetCECVersion:
		return cec.VersionSpoken{Version: p.claim.Version}
	case cec.OpGivePhysicalAddress:
		return cec.ReportPhysicalAddress{At: p.physical, Type: 4}
	case cec.OpGiveOSDName:
		return cec.SetOSDName{Name: p.claim.OSDName()}
	case cec.OpGiveDeviceVendorID:
		if p.claim.Vendor == cec.NoVendor {
			return cec.FeatureAbort{Of: cec.OpcodeOf(m.Body)}
		}
		return cec.DeviceVendorID{Vendor: p.claim.Vendor}
	case cec.OpAbort:
		return cec.FeatureAbort{Of: cec.OpAbort, Reason: cec.AbortRefused}
	default:
		return nil
	}
}
