// Package serve is the loopback origin: the only address the player reads
// from. It fetches playlists, segments, init sections, keys and subtitles from
// a service once, keeps them in a [cache.Cache], and hands them out under
// opaque URLs of its own.
//
// It guarantees:
//   - it is no open proxy: it fetches only what was given to [Origin.Open],
//     [Origin.Link] or [Origin.Prefetch] and what playlists fetched from there refer to, over http and https, and not
//     from private addresses unless allowed and the title itself comes from one;
//   - a playlist is changed in its URIs only (see package hls), or by leaving
//     out whole lines when a variant is pinned; the list of a film whose
//     renditions the origin chooses is written anew;
//   - a segment is of one rendition from its first byte to its last, and what
//     follows can be decoded after what came before;
//   - a byte that a player waits for is never behind what is fetched ahead;
//   - one upstream fetch per object, however many read it;
//   - a body that was cut short is resumed when the service can prove that it
//     is the same, and otherwise the player's connection is aborted: the player
//     never takes half a segment for a whole one;
//   - while the service cannot be reached the player's request is held open
//     rather than answered with an error, because players skip a segment after
//     an error;
//   - what is prefetched never keeps a player waiting;
//   - every answer says in X-Usher where it came from and why: "hit", "fill",
//     "pass" or "stale", a semicolon, and the reason. The request log at debug
//     level has the same.
//
// What is done with each feature of HLS is listed in docs/hls-conformance.md.
//
// Blocking: [Origin.ServeHTTP] blocks like any handler and [Origin.Open] until
// the playlists needed to begin were read. [Options.Notify] is called from
// goroutines of the origin and must not block. [Origin.Shutdown] ends all
// sessions and waits for every goroutine. The package opens no listener and
// logs no URL query, cookie or key.
package serve
