package playback

import (
	"slices"

	"usher/device/cec"
)

// watcherLimit is how many devices may ask for every change of the deck.
const watcherLimit = 4

// giveDeck answers Give Deck Status.
func (t *turn) giveDeck(m cec.Message, b cec.GiveDeckStatus) {
	if !t.deckFor(m) {
		return
	}
	t.watchers = slices.DeleteFunc(t.watchers, func(a cec.Address) bool { return a == m.From })
	switch b.Ask {
	case cec.StatusOn:
		if len(t.watchers) < watcherLimit {
			t.watchers = append(t.watchers, m.From)
		}
		t.answer(m, cec.DeckStatus{Deck: t.deck})
	case cec.StatusOnce:
		t.answer(m, cec.DeckStatus{Deck: t.deck})
	case cec.StatusOff:
	default:
		t.abort(m, cec.AbortOperand)
	}
}

// deckFor refuses all of Deck Control when we say that we have none, and what
// comes to everybody.
func (t *turn) deckFor(m cec.Message) bool {
	if !t.cfg.Deck {
		t.abort(m, cec.AbortUnrecognized)
	}
	return t.cfg.Deck && m.To != cec.Broadcast
}

// play obeys Play. Forward is taken without media too: it starts some.
func (t *turn) play(m cec.Message, b cec.Play) {
	if !t.deckFor(m) {
		return
	}
	deck, ok := playing(b.Mode)
	switch {
	case !ok:
		t.abort(m, cec.AbortOperand)
	case t.deck == cec.DeckNoMedia && b.Mode != cec.PlayForward:
		t.abort(m, cec.AbortWrongMode)
	default:
		if b.Mode == cec.PlayForward {
			t.unblock()
			t.wakeBox(m.From, "play on the television's remote")
		}
		t.report(cec.DeckAsked{Play: b.Mode})
		t.setDeck(deck)
	}
}

// playing is the state of the deck that a way of playing leads to.
func playing(mode uint8) (cec.Deck, bool) {
	switch {
	case mode == cec.PlayForward:
		return cec.DeckPlay, true
	case mode == cec.PlayReverse:
		return cec.DeckPlayReverse, true
	case mode == cec.PlayStill:
		return cec.DeckStill, true
	case mode >= 0x05 && mode <= 0x07:
		return cec.DeckFastForward, true
	case mode >= 0x09 && mode <= 0x0b:
		return cec.DeckFastReverse, true
	case mode >= 0x15 && mode <= 0x17:
		return cec.DeckSlow, true
	case mode >= 0x19 && mode <= 0x1b:
		return cec.DeckSlowReverse, true
	default:
		return 0, false
	}
}

// deckControl obeys Deck Control.
func (t *turn) deckControl(m cec.Message, b cec.DeckControl) {
	if !t.deckFor(m) {
		return
	}
	skip := b.Mode == cec.ControlSkipForward || b.Mode == cec.ControlSkipReverse
	switch {
	case skip && t.deck == cec.DeckNoMedia:
		t.abort(m, cec.AbortWrongMode)
	case skip:
		t.controlled(b.Mode, cec.DeckPlay)
	case b.Mode == cec.ControlStop:
		t.controlled(b.Mode, cec.DeckStop)
	case b.Mode == cec.ControlEject:
		t.unblock()
		t.wakeBox(m.From, "eject on the television's remote")
		t.controlled(b.Mode, cec.DeckNoMedia)
	default:
		t.abort(m, cec.AbortOperand)
	}
}

func (t *turn) controlled(mode uint8, deck cec.Deck) {
	t.report(cec.DeckAsked{Control: mode})
	t.setDeck(deck)
}

// setDeck changes the state of the deck and tells who wants to know. What was
// asked for counts at once; the daemon corrects it with SetDeck.
func (t *turn) setDeck(d cec.Deck) {
	if t.deck == d {
		return
	}
	t.deck = d
	for _, to := range t.watchers {
		t.tell(to, cec.DeckStatus{Deck: d}, "the deck changed")
	}
}
