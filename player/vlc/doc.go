// Package vlc speaks to VLC's own web interface for what MPRIS has no words
// for: tracks, delays, subtitle files beside the stream, the shape of the
// picture. It implements player.Tracks.
//
// It guarantees that every call ends within two seconds, that nothing but the
// loopback address it was given is spoken to, that answers are bounded, and
// that the password is in no log and no error. Every call may block; nothing
// is started, and nothing is kept but what was last opened.
//
// VLC 3 has its limits, and they are said in player.TracksCan.Why: the picture
// can be given another aspect but not be cut to fill the screen, and its
// dynamic range is not told.
package vlc
