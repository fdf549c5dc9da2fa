package playback

import "usher/device/cec"

// standby obeys Standby, and does nothing when we are there already, or on the way.
func (t *turn) standby(by cec.Address) {
	t.standbyAt = t.now
	if by == cec.TV {
		t.setTVPower(cec.PowerStandby)
	}
	if t.wake != nil {
		t.note("waking the television: given up, it asked for standby")
		t.wake = nil
	}
	reason := "the television went to standby"
	if by != cec.TV {
		reason = by.String() + " asked for standby"
	}
	t.lose(cec.NoPhysical, reason)
	if !t.cfg.Follow {
		t.note("standby: not followed, as configured")
		return
	}
	t.sleepBox(by, reason)
}

// sleepBox asks the box to go to standby.
func (t *turn) sleepBox(by cec.Address, reason string) {
	if !t.power.Awake() {
		return
	}
	t.endKey(t.now)
	t.becomes(cec.PowerToStandby)
	t.report(cec.StandbyAsked{By: by, Reason: reason})
}

// wakeBox asks the box to wake.
func (t *turn) wakeBox(by cec.Address, reason string) {
	if t.power.Awake() {
		return
	}
	t.becomes(cec.PowerToOn)
	t.report(cec.WakeAsked{By: by, Reason: reason})
}

// becomes changes our power, and tells everybody as CEC 2.0 wants it.
func (t *turn) becomes(p cec.Power) {
	if t.power == p {
		return
	}
	t.power = p
	if t.cfg.Version != 14 && t.present() {
		t.tell(cec.Broadcast, cec.ReportPowerStatus{Power: p}, "our power changed")
	}
}

// setPower takes what the box became.
func (t *turn) setPower(a cec.SetPower) {
	t.from = told(a.Cause, a.Detail)
	if t.power.Awake() && !a.Power.Awake() {
		t.boxSleeps(a)
	}
	if a.Cause.ByPerson() && a.Power.Awake() {
		t.unblock()
	}
	if !a.Power.Awake() {
		t.endKey(t.now)
		t.wake = nil
	}
	t.becomes(a.Power)
}

// boxSleeps tells the television that the box went to standby by itself, that
// is, not because the television asked.
func (t *turn) boxSleeps(a cec.SetPower) {
	t.standbyAt = t.now
	shown := t.active
	t.lose(cec.NoPhysical, "the box went to standby")
	if t.cfg.Mode != ModeOn || !t.present() {
		return
	}
	if t.sleepsTV(a.Cause, shown) {
		t.sleptAt = t.now
		t.tell(cec.TV, cec.Bare(cec.OpStandby), "standby together")
		if t.sound.target() == cec.SoundAudio {
			t.tell(cec.AudioSystem, cec.Bare(cec.OpStandby), "standby together")
		}
		return
	}
	if shown {
		t.tell(cec.TV, cec.InactiveSource{At: t.physical}, "the picture ends")
	}
}

func (t *turn) sleepsTV(cause cec.Cause, shown bool) bool {
	if !cause.ByPerson() || t.cfg.Sleep == SleepNever || (t.cfg.Sleep == SleepShown && !shown) {
		return false
	}
	if t.tvPower == cec.PowerStandby {
		return false
	}
	if !t.sleptAt.IsZero() && t.now.Sub(t.sleptAt) < wakeEvery {
		t.note("standby together: not sent, it was within ten seconds")
		return false
	}
	return true
}

// leave says good-bye, so that no television waits for a device that is gone.
func (t *turn) leave() {
	t.endKey(t.now)
	if t.pressing != nil {
		t.tell(t.pressing.to, cec.Bare(cec.OpUserControlReleased), "release")
		t.pressing = nil
	}
	if t.active && t.present() {
		t.tell(cec.TV, cec.InactiveSource{At: t.physical}, "good-bye")
	}
	if t.power != cec.PowerStandby && t.present() {
		t.becomes(cec.PowerStandby)
	}
	t.active, t.wake, t.left = false, nil, true
	t.sound.pending = query{}
}

// powerOf takes Report Power Status.
func (t *turn) powerOf(from cec.Address, p cec.Power) {
	switch from {
	case cec.TV:
		t.setTVPower(p)
		if p == cec.PowerOn {
			t.tvSeen, t.sound.tvDeaf = t.now, false
			t.retarget()
		}
		t.wakeAnswered(p)
	case cec.AudioSystem:
		t.sound.system = no
		if p.Awake() {
			t.sound.system = yes
		}
		t.retarget()
	}
}

func (t *turn) setTVPower(p cec.Power) {
	if p > cec.PowerToStandby && p != cec.PowerUnknown {
		return
	}
	if t.tvPower != p {
		t.tvPower = p
		t.report(cec.PowerChanged{Power: p})
	}
}

// askPower asks for the television's power, once a minute at most.
func (t *turn) askPower(rule string) {
	if t.present() && (t.tvAsked.IsZero() || t.now.Sub(t.tvAsked) >= askEvery) {
		t.tvAsked = t.now
		t.tell(cec.TV, cec.Bare(cec.OpGiveDevicePowerStatus), rule)
	}
}

// told is what an act follows from, for the log.
func told(c cec.Cause, detail string) string {
	words := map[cec.Cause]string{
		cec.CauseKey: "a person pressed a key of the box", cec.CausePlay: "a person started a title",
		cec.CauseApp: "a person asked on the screen or the command line", cec.CausePairing: "a person is pairing the box",
		cec.CauseBoot: "the box started", cec.CauseResume: "the machine woke up", cec.CauseNetwork: "something on the network",
		cec.CauseIdle: "nobody did anything", cec.CauseUpdate: "an update",
	}[c]
	if words == "" {
		words = "the box"
	}
	if detail != "" {
		words += " (" + detail + ")"
	}
	return words
}
