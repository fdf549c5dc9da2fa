// Package hls reads HLS playlists (RFC 8216 and rfc8216bis) and rewrites the
// URIs in them without touching any other byte.
//
// It guarantees:
//   - bytes in, bytes out: [Playlist.Rewrite] changes URI spans and nothing
//     else. Unknown tags, order, line ends, blank lines and the precision of
//     numbers stay. Two exceptions are needed for players to work: a byte
//     order mark is dropped, and EXT-X-DEFINE tags that take their value from
//     the playlist's own URL or its parent are written with the value.
//   - one pass gives both the rewriting and the plan: segments with media
//     sequence number, time, byte range with implicit offsets resolved, and
//     the map and keys in force; variants and renditions with attributes.
//   - every input is limited ([Limits]), no input panics, and what is not a
//     playlist is [ErrNotPlaylist] rather than an empty one.
//
// It never blocks, never fetches, reads no clock and starts nothing. A
// [Playlist] is read-only once made and may be shared between goroutines.
package hls
