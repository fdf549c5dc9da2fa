package playback

import (
	"slices"

	"usher/device/cec"
)

// received takes a frame. Malformed ones are ignored, as CEC wants it.
func (t *turn) received(e cec.Received) {
	m, err := cec.Parse(e.Frame)
	t.from = e.Frame.String()
	if err != nil || m.Body == nil || t.left || m.From == t.logical {
		return
	}
	if m.To != cec.Broadcast && m.To != t.logical {
		return
	}
	if key, ok := m.Body.(cec.UserControlPressed); ok && m.To != cec.Broadcast {
		t.keyPressed(m.From, key, e.At)
		return
	}
	if !t.know(m) && !t.obey(m, e) && !silent(cec.OpcodeOf(m.Body)) {
		t.abort(m, cec.AbortUnrecognized)
	}
}

// know takes in what others say about themselves.
func (t *turn) know(m cec.Message) bool {
	switch b := m.Body.(type) {
	case cec.FeatureAbort:
		t.refused(m.From, b)
	case cec.ReportPowerStatus:
		t.powerOf(m.From, b.Power)
	case cec.DeviceVendorID:
		if m.From == cec.TV {
			t.tvVendor = b.Vendor
			t.hold = t.startHold()
		}
	case cec.SetMenuLanguage:
		t.language(m.From, b.Language)
	case cec.SystemAudioModeStatus:
		t.audioMode(m.From, b.On)
	case cec.SetSystemAudioMode:
		if m.To != cec.Broadcast {
			return false
		}
		t.audioMode(m.From, b.On)
	case cec.ReportAudioStatus:
		t.audioStatus(m.From, b)
	case cec.ReportPhysicalAddress:
		t.placeOf(m.From)
	default:
		return false
	}
	return true
}

// obey does what a message asks for. False: not for us.
func (t *turn) obey(m cec.Message, e cec.Received) bool {
	switch b := m.Body.(type) {
	case cec.ActiveSource:
		t.sourceOf(b.At)
	case cec.SetStreamPath:
		t.streamPath(m.From, b.At)
	case cec.RoutingChange:
		t.routed(m.From, b.New)
	case cec.RoutingInformation:
		t.routed(m.From, b.At)
	case cec.GiveDeckStatus:
		t.giveDeck(m, b)
	case cec.Play:
		t.play(m, b)
	case cec.DeckControl:
		t.deckControl(m, b)
	case cec.MenuRequest:
		return t.menu(m, b)
	case cec.VendorCommand:
		return t.handshake(m, e.Frame)
	case cec.Bare:
		return t.obeyBare(m, cec.Opcode(b), e)
	default:
		return false
	}
	return true
}

func (t *turn) obeyBare(m cec.Message, op cec.Opcode, e cec.Received) bool {
	switch op {
	case cec.OpStandby:
		t.standby(m.From)
	case cec.OpUserControlReleased:
		t.keyReleased(m.From, e.At)
	case cec.OpGiveDevicePowerStatus:
		t.answer(m, cec.ReportPowerStatus{Power: t.power})
	case cec.OpRequestActiveSource:
		if t.active && t.power.Awake() {
			t.tell(cec.Broadcast, cec.ActiveSource{At: t.physical}, "answer")
		}
	default:
		return false
	}
	return true
}

// silent are directed messages that want no answer.
func silent(op cec.Opcode) bool {
	return slices.Contains([]cec.Opcode{
		cec.OpFeatureAbort, cec.OpSetOSDName, cec.OpReportAudioStatus, cec.OpSystemAudioModeStatus,
		cec.OpDeviceVendorID, cec.OpReportPowerStatus, cec.OpInactiveSource, cec.OpCECVersion,
		cec.OpReportFeatures, cec.OpDeckStatus, cec.OpMenuStatus,
	}, op)
}

// abort answers by Feature Abort: never to everybody, to nobody, or to a
// Feature Abort.
func (t *turn) abort(m cec.Message, reason cec.AbortReason) {
	if m.To == cec.Broadcast || m.From == cec.Unregistered || cec.OpcodeOf(m.Body) == cec.OpFeatureAbort {
		return
	}
	t.answer(m, cec.FeatureAbort{Of: cec.OpcodeOf(m.Body), Reason: reason})
}

// menu is of CEC 1.4: some televisions forward keys only when the menu is
// said to be open. CEC 2.0 has no such message.
func (t *turn) menu(m cec.Message, b cec.MenuRequest) bool {
	if t.cfg.Version != 14 {
		return false
	}
	t.answer(m, cec.MenuStatus{Is: cec.MenuActivate})
	_ = b // every request finds the menu open: there is no state in which keys are not wanted
	return true
}

// language takes what the television is set to; others have no say.
func (t *turn) language(from cec.Address, code string) {
	if from != cec.TV || !t.cfg.Language {
		return
	}
	for _, c := range []byte(code) {
		if c < 'a' || c > 'z' {
			return
		}
	}
	t.report(cec.LanguageChanged{Language: code})
}

// handshake carries out the vendor exchanges of a quirk that was turned on.
func (t *turn) handshake(m cec.Message, f cec.Frame) bool {
	q, ok := t.quirk()
	if !ok || m.From != cec.TV || m.To == cec.Broadcast {
		return false
	}
	for _, x := range q.Exchanges {
		if x.Match(f.Operands()) {
			t.answer(m, cec.VendorCommand{Data: string(x.Say)})
			return true
		}
	}
	return false
}
