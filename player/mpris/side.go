package mpris

import (
	"time"

	"usher/player"
)

// side is what mpv's JSON IPC says beside MPRIS; the zero value is a player
// without it.
type side struct {
	on        bool
	entry     int64 // playlist entry of our title; 0 until mpv told
	current   int64 // playlist entry that mpv is at
	loaded    bool  // the stream was opened
	shown     bool  // its first picture is there
	restarted bool  // the picture of the last seek is there
	pause     bool
	stalled   bool // mpv waits for the network
	seeking   bool
	since     time.Time // of seeking
	screen    output
	sound     output
	list      []mpvTrack
	tracks    uint64 // how often list changed
}

// forget drops what was known about the title before.
func (s *side) forget() {
	s.screen.forget()
	s.sound.forget()
	*s = side{on: s.on, pause: s.pause, current: s.current, screen: s.screen, sound: s.sound, list: s.list, tracks: s.tracks}
}

// status is the playback status as mpv itself knows it.
func (s *side) status() string {
	if s.pause {
		return statusPaused
	}
	return statusPlaying
}

// entered says which playlist entry mpv gave to the title of session.
func (p *pilot) entered(session uint64, entry int64) {
	if session == p.session && p.side.on {
		p.side.entry = entry
	}
}

// heard takes one event of mpv's JSON IPC.
func (p *pilot) heard(m ipcMessage, now time.Time) {
	if m.Event == "property-change" {
		p.heardProperty(m, now)
		return
	}
	p.side.follow(m)
	if p.side.entry == 0 || p.side.current != p.side.entry {
		p.displaced(m, now)
		return
	}
	switch m.Event {
	case "file-loaded":
		p.side.loaded = true
		if !p.paused {
			p.act(action{verb: doPlay})
		}
		if len(p.media.Captions) > 0 {
			p.act(action{verb: doCaptions, media: p.media})
		}
	case "playback-restart":
		p.side.restarted = true
		p.side.shown, p.moved = p.side.shown || p.side.loaded, true
		p.hurry(now, 0)
	case "end-file":
		p.heardEnd(m, now)
	}
}

// follow keeps the entry that mpv is at. An mpv before 0.33 numbers nothing:
// the file that starts after our open is ours.
func (s *side) follow(m ipcMessage) {
	switch m.Event {
	case "start-file":
		s.current = m.Entry
	case "end-file":
		s.current = m.Entry
	}
}

// displaced ends our title when mpv was given another by someone else.
func (p *pilot) displaced(m ipcMessage, now time.Time) {
	if m.Event == "start-file" && p.stage == running && p.side.entry != 0 {
		p.finish(player.Failed, player.ReasonStream, "another title was opened in the player", now)
	}
}

// heardEnd takes the end of our title.
func (p *pilot) heardEnd(m ipcMessage, now time.Time) {
	if p.stage != loading && p.stage != running {
		return
	}
	if m.Reason == "error" && p.noScreen() {
		p.await(now)
		return
	}
	switch m.Reason {
	case "eof":
		p.ended("the stream ended before the title did", now)
	case "stop", "quit":
		p.finish(player.Idle, "", "stopped in the player", now)
	case "redirect": // mpv would walk the segments as a list of files
		p.act(action{verb: doStop})
		p.finish(player.Failed, player.ReasonStream, "the playlist was not understood", now)
	default:
		p.finish(player.Failed, player.ReasonStream, m.FileError, now)
	}
}

// heardProperty takes a property that is observed.
func (p *pilot) heardProperty(m ipcMessage, now time.Time) {
	switch m.Name {
	case "pause":
		p.side.pause = m.flag()
	case "paused-for-cache":
		p.side.stalled = m.flag()
	case "seeking":
		if s := m.flag(); s != p.side.seeking {
			p.side.seeking, p.side.since = s, now
		}
	case "eof-reached": // mpv was told to keep the last picture
		if m.flag() && p.stage == running && p.side.current == p.side.entry {
			p.ended("the stream ended before the title did", now)
		}
	default:
		p.heardOutput(m)
	}
	if p.stage == running {
		p.insist(now)
		p.roll(now)
		p.hurry(now, pollSoon)
	}
}
