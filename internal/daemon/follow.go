package daemon

import "usher/internal/box"

// follow tells where the player is, when that changed.
func (d *Daemon) follow() {
	if d.opt.Follow == nil {
		return
	}
	h := box.PlayheadOf(d.state)
	if h == d.head || h.Session == 0 {
		return
	}
	d.head = h
	d.opt.Follow(h)
}
