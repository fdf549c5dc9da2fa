package mpris

import (
	"strings"
	"time"
)

// Quirk is how one kind of player differs from the specification. The zero
// value is a player that keeps it.
type Quirk struct {
	Name string // bus name after org.mpris.MediaPlayer2. ; instances share it

	StoppedLies bool          // may say Stopped while playing; only a URL that is gone means stopped
	HoldsPause  bool          // OpenUri keeps the pause, so Pause before it holds the first picture
	NoSetPos    bool          // SetPosition does harm even with the right track id: seek relatively
	NoVolume    bool          // Volume is accepted and ignored
	Step        time.Duration // Position moves in steps of up to this
	Simulated   bool          // shows nothing
	Ignored     bool          // not a player of ours at all
}

// quirks is the table of players. A player is added by adding a row; where a
// row comes from is said beside it.
func quirks() []Quirk {
	return []Quirk{
		{Name: "mpv", StoppedLies: true, HoldsPause: true},               // 0.35 with mpv-mpris 0.7.1: hoyon/mpv-mpris#90; lab rows status-playing, open-unpauses
		{Name: "io.github.celluloid_player.Celluloid", HoldsPause: true}, // mpv inside
		{Name: "vlc", Step: time.Second},                                 // 3.0.24: Position in steps of 0.25 to 1 s; lab row position-accurate
		{Name: "Clapper", Step: 250 * time.Millisecond},                  // never sends Seeked
		{Name: "usher_simulated", Simulated: true},                       // player/playertest
		{Name: "playerctld", Ignored: true},                              // a proxy of other players
		{Name: "kdeconnect", Ignored: true},                              // players of a phone
	}
}

// quirkOf finds the row for a well-known bus name.
func quirkOf(busName string) Quirk {
	name := strings.TrimPrefix(busName, namePrefix)
	for _, q := range quirks() {
		if name == q.Name || strings.HasPrefix(name, q.Name+".") {
			return q
		}
	}
	return Quirk{Name: name}
}
