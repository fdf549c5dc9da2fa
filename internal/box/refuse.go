package box

// need is what an intent needs of the box before it can be carried out.
type need uint8

const (
	needNothing  need = iota
	needTitle         // a title is on or on its way
	needLoaded        // the player has the title
	needSeek          // loaded, and no live channel that keeps nothing
	needRate          // loaded, not live, and the player has other rates than 1
	needLive          // loaded, and live
	needNext          // a next episode is known
	needSkip          // a title is on, and what the key means can be done: see refuseSkip
	needTracks        // loaded, and the player can do it: see refuseTracks
	needAccount       // an account that stands as it should: see refusePairing
	needViewer        // somebody said who watches
	needFirmware      // an update that can be asked for: see refuseFirmware
	needRadio         // a Wi-Fi, and no network that is being joined: see refuseNetwork
	needPlace         // room for one who delays standby: see refuseInhibitor
)

// needs is the table of what may be asked when. A title asked for takes over
// from the one that is on; everything else acts on the title that is on.
//
//	intent            idle  resolving  opening…recovering  ended/failed
//	play               ✓        ✓              ✓                ✓ (all: once it is known who watches)
//	stop               –        ✓              ✓                ✓ (clears)
//	pause, resume      –        ✓              ✓                –
//	seek               –        –              ✓ live: window    –
//	live               –        –              ✓ live           –
//	rate              –        –              ✓ not live       –
//	choose, delay      –        –              ✓ if it can      –
//	picture            –        –              ✓ if it can      –
//	next               –        –              ✓ if known       ✓ if known
//	skip               –        –              ✓ what it means   –
//	volume, key, focus ✓        ✓              ✓                ✓
//	standby, wake      ✓        ✓              ✓                ✓
//	inhibit            ✓        ✓              ✓                ✓ if it has a reason
//	pair, cancel       ✓        ✓              ✓                ✓ beside the title; see Account
//	update, postpone   ✓        ✓              ✓                ✓ carried out when nobody watches
//	look, join, forget ✓        ✓              ✓                ✓ beside the title; see NetworkAttempt
//	unpair             ✓        ✓              ✓ may end it     ✓
//
// In standby, and on the way to it, only play (it wakes the box), stop, volume,
// key, focus (it changes nothing), wake, inhibit, unpair, and pair by the command
// line are left.
func needs(e Event) need {
	switch e.(type) {
	case PlayRequested:
		return needViewer
	case PauseRequested, ResumeRequested, ToggleRequested:
		return needTitle
	case SeekRequested:
		return needSeek
	case RateRequested:
		return needRate
	case LiveRequested:
		return needLive
	case NextRequested:
		return needNext
	case SkipRequested:
		return needSkip
	case ChooseRequested, DelayRequested, ShapeRequested:
		return needTracks
	case StopRequested:
		return needLoaded
	case InhibitorTaken:
		return needPlace
	case FirmwareAsked, FirmwarePostponed:
		return needFirmware
	case NetworkLookAsked, NetworkJoinAsked, NetworkForgetAsked:
		return needRadio
	case PairRequested, PairCancelled, UnpairRequested:
		return needAccount
	default:
		return needNothing
	}
}

// Refuse says why an intent cannot be carried out now; nil when it can. Next
// ignores an intent that Refuse refuses.
func Refuse(s State, e Event) *Problem {
	on := s.Phase.active()
	over := s.Phase == Ended || s.Phase == Failed
	switch n := needs(e); {
	case n == needViewer:
		return s.refuseViewer()
	case n == needPlace:
		return refuseInhibitor(s, e.(InhibitorTaken))
	case n == needFirmware:
		return refuseFirmware(s, e)
	case n == needAccount:
		return refusePairing(s, e)
	case n != needNothing && n != needLoaded && !s.Power.awake():
		return new(inStandby)
	case n == needRadio:
		return refuseNetwork(s, e)
	case n == needSkip:
		return refuseSkip(s, e.(SkipRequested))
	case n == needTitle && !on, n == needLoaded && !on && !over, (n == needSeek || n == needRate || n == needLive) && !s.Phase.loaded():
		return new(nothingPlaying)
	case n == needTracks:
		return refuseTracks(s, e)
	case n == needLive && !s.live():
		return new(notLive)
	case n == needSeek && s.live() && !s.Origin.Window.winds():
		return new(liveSeek)
	case n == needSeek && lacksChapters(s, e):
		return new(noChapters)
	case n == needRate && s.live():
		return new(liveRate)
	case n == needRate && !s.Player.Can.Rate:
		return new(rateUnsupported)
	case n == needNext && !on && !over:
		return new(nothingPlaying)
	case n == needNext && s.Next == nil:
		return new(nothingNext)
	}
	return nil
}

// lacksChapters says that e asks for another chapter of what has none. Back is
// fine in a film without: it leads to the beginning.
func lacksChapters(s State, e Event) bool {
	seek, ok := e.(SeekRequested)
	return ok && (seek.Chapters > 0 && len(lookMarks(s).chapters) == 0 || seek.Chapters != 0 && s.live())
}
