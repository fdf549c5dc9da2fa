//go:build linux

package lab

// bug is a row that a player is known to fail, and why.
type bug struct{ player, row, text string }

// bugs is what was found out about players. A row that fails and is not here
// is news.
func bugs() []bug {
	return []bug{
		{"mpv", "mime-types", "mpv-mpris 0.7 lists Ogg and MPEG audio only; never decide by it"},
		{"mpv", "status-playing", "hoyon/mpv-mpris#90, fixed in 1.1"},
		{"mpv", "track-unique", "mpv-mpris: the id is the index in the list; compare xesam:url"},
		{"mpv", "open-unpauses", "mpv keeps its pause; Usher plays after OpenUri"},
		{"mpv", "beyond-end", "mpv-mpris has no range check; Usher clamps"},
		{"mpv", "negative", "mpv-mpris has no range check; Usher clamps"},
		{"mpv", "can-seek-live", "mpv-mpris: CanSeek is always true; Usher asks the manifest"},
		{"mpv", "volume-clamp", "mpv refuses a negative volume; Usher clamps"},
		{"mpv", "play-after-stop", "mpv forgets a stopped title; Usher opens it again"},
		{"mpv", "seek-cmaf", "FFmpeg before 7.1: mpv#13211, #15184; Usher reopens at the place"},
		{"mpv", "breaks-off", "mpv gives no reason over MPRIS; Usher asks its socket"},
		{"vlc", "mime-types", "VLC lists no HLS type; never decide by it"},
		{"vlc", "open-replaces", "VLC appends to its list; --play-and-stop keeps it from going on"},
		{"vlc", "position-accurate", "VLC 3: Position moves in steps of up to 1 s; Usher's model is smoother"},
		{"vlc", "seeked-quiet", "VLC guesses seeks from jumps over 1 ms; Usher ignores those within 0.5 s"},
		{"vlc", "beyond-end", "VLC has no upper bound; Usher clamps"},
		{"vlc", "negative", "VLC has no lower bound; Usher clamps"},
		{"vlc", "can-seek-live", "VLC: a live window counts as seekable; Usher asks the manifest"},
		{"vlc", "rate-zero", "VLC passes 0 on; Usher never sends it"},
		{"vlc", "volume", "VLC has no volume without a sound output, and this machine has none"},
		{"vlc", "set-position", "VLC in HLS lands at a key frame"},
		{"vlc", "seek-relative", "VLC in HLS lands at a key frame"},
		{"vlc", "stale-track", "VLC answers an id it cannot parse with an error; Usher uses the present one"},
	}
}

func knownBug(player, row string) string {
	for _, b := range bugs() {
		if b.player == player && b.row == row {
			return b.text
		}
	}
	return ""
}
