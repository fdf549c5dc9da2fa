// Package cache keeps what a player reads: playlists, init sections, media,
// keys, subtitles and art, in memory and, for what is worth the wear, on flash.
//
// It guarantees:
//   - one fill per object: [Cache.Acquire] hands the task of fetching to one
//     caller and readers to all, each at its own offset, with the first byte
//     as soon as it is there;
//   - an object that was cut short is never kept ([Fill.Commit] refuses it);
//   - memory and disk stay within their budgets, each class of object has a
//     share of them that others cannot take, and what is pinned stays; keys
//     never reach the disk, and neither do URLs (files are named by hash);
//   - flash is written only for a reason (see [Why]), and of its own accord
//     less than one byte for a hundred that readers got;
//   - what is on disk survives kill -9 and power cuts: files are written
//     aside, synced and renamed, carry checksums that are verified before the
//     first use, of large ones block by block while they are read, and the index is made again from them when it is lost;
//   - a disk that is full, read-only or rotten costs hits and nothing else: the
//     object is dropped, the caller fetches it, and [Problem] says what is wrong.
//
// Blocking: [Blob.Wait] and [Blob.CopyRange] wait for bytes that another
// goroutine fetches and end with their context. Committing an object of a
// class that goes to disk waits for the disk, after readers have all bytes.
// The package starts no goroutine and fetches nothing. A folder is locked
// while a process uses it.
package cache
