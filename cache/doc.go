// Package cache keeps what a player reads: playlists, init sections, media,
// keys, subtitles and art, in memory and, for what is worth the wear, on flash.
//
// It guarantees:
//   - one fill per object: [Cache.Acquire] hands the task of fetching to one
//     caller and readers to all, each at its own offset, with the first byte
//     as soon as it is there;
//   - an object that was cut short is never kept ([Fill.Commit] refuses it);
//   - memory and disk stay within their budgets; keys never reach the disk,
//     and neither do URLs (files are named by hash);
//   - what is on disk survives kill -9: files are written aside, synced and
//     renamed, carry a checksum that is verified before the first use, and the
//     index is made again from them when it is lost.
//
// Blocking: [Blob.Wait] and [Blob.CopyRange] wait for bytes that another
// goroutine fetches and end with their context. Committing an object of a
// class that goes to disk waits for the disk, after readers have all bytes.
// The package starts no goroutine, fetches nothing and locks no folder: the
// caller makes sure that one process uses a folder.
package cache
