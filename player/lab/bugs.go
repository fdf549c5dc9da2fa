//go:build linux

package lab

// bug is a row that a player is known to fail, and why.
type bug struct{ player, row, text string }

// bugs is what was found out about players. A row that fails and is not here
// is news.
func bugs() []bug {
	return []bug{
		{"mpv", "status-playing", "hoyon/mpv-mpris#90"},
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
