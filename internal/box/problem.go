package box

import "usher/player"

// The problems the core itself reports. Edges bring their own; the codes are
// listed in docs/protocol.md and translated by the page.
var (
	nothingPlaying = Problem{
		Code: "nothing_playing", Text: "Nothing is playing.",
		Hint: "Choose a title first.",
	}
	viewerUnknown = Problem{
		Code: "profile_needed", Text: "It is not known yet who watches.",
		Hint: "Choose a profile on the screen, or run: usher profile use NAME",
	}
	nothingNext = Problem{
		Code: "nothing_next", Text: "There is no next episode.",
		Hint: "Choose another title.",
	}
	noChapters = Problem{
		Code: "no_chapters", Text: "What is on has no chapters.",
		Hint: "Wind with left and right.",
	}
	liveSeek = Problem{
		Code: "live_seek", Text: "This channel cannot be wound: its service keeps too little of it.",
		Hint: "Press pause to hold the picture, or choose a film.",
	}
	notLive = Problem{
		Code: "not_live", Text: "What is on is no live channel.",
		Hint: "Choose a channel first.",
	}
	windowPassed = Problem{
		Code: "live_window", Text: "The channel does not keep its past that long; it goes on with the oldest it has.",
		Hint: "Go to live to see what is on now.",
	}
	caughtUp = Problem{
		Code: "live_caught_up", Text: "The picture had fallen behind while the network was away; it is live again.",
		Hint: "Wind back to see what was missed.",
	}
	liveRate = Problem{
		Code: "live_rate", Text: "A live channel runs at its own speed.",
		Hint: "Choose a film or an episode to change the speed.",
	}
	rateUnsupported = Problem{
		Code: "rate_unsupported", Text: "This player has only one speed.",
		Hint: "Another player, such as mpv, has more.",
	}
	tracksAbsent = Problem{
		Code: "tracks_absent", Text: "This player cannot change that in the film.",
		Hint: "Another player, such as mpv, can.",
	}
	noTrack = Problem{
		Code: "no_track", Text: "The film has no such track.",
		Hint: "Choose one of those that are listed.",
	}
	inStandby = Problem{
		Code: "standby", Text: "The box is in standby.",
		Hint: "Press a key of its remote, or run: usher wake",
	}
	inhibitorBad = Problem{
		Code: "bad_delay", Text: "Standby is delayed by a name, for a reason and for a time.",
		Hint: "Give id, reason, and forMs from 1 to 600000.",
	}
	inhibitorsMany = Problem{
		Code: "too_many_delays", Text: "Too many delay standby already.",
		Hint: "usher why power lists them; each ends by itself.",
	}
	slowService = Problem{
		Code: "service_timeout", Text: "The service did not answer in time.",
		Hint: "Check the network, then press OK to try again.",
	}
	openTimeout = Problem{
		Code: "open_timeout", Text: "The film did not start: no picture came in time.",
		Hint: "Press OK to try again; if it stays so, run: usher doctor",
	}
	noPlayer = Problem{
		Code: "no_player", Text: "No player is there to show the film.",
		Hint: "Run usher doctor: it says which program is missing.",
	}
	playerLost = Problem{
		Code: "player_lost", Text: "The player went away and did not come back.",
		Hint: "Press OK to try again; if it stays so, run: usher doctor",
	}
	playerAway = Problem{
		Code: "player_away", Text: "The player went away; it is started again.",
		Hint: "The film goes on by itself.",
	}
	noDisplay = Problem{
		Code: "no_display", Text: "The screen is gone; the film is held.",
		Hint: "It goes on by itself when the screen is back.",
	}
	noSound = Problem{
		Code: "no_sound", Text: "The sound output is gone; the film goes on without sound.",
		Hint: "Check the cable or the loudspeaker; the sound comes back by itself.",
	}
	seekIgnored = Problem{
		Code: "seek_ignored", Text: "The player did not go where it was asked to.",
		Hint: "Try another place.",
	}
	streamError = Problem{
		Code: "stream_error", Text: "The film broke off: the player could not read it any further.",
		Hint: "Press OK to go on where it stopped.",
	}
)

// playerProblem puts a player's reason into words.
func playerProblem(st player.Status) Problem {
	switch st.Reason {
	case player.ReasonOpenTimeout:
		return openTimeout
	case player.ReasonPlayerLost:
		return playerLost
	default:
		return streamError
	}
}
