//go:build linux

// Package abslots keeps two firmwares on a box, as partitions or files: one
// runs, the other is written, tried, and kept only when it proved itself.
//
// It guarantees, whenever the power goes, the process is killed or the disk
// fails:
//   - the slot that runs is never written;
//   - the boot record names a slot whose image is whole: it says so only after
//     what was not in the slot was written, flushed, and read again past the page
//     cache, and what was in it was read from the medium and added up;
//   - there is always one newest valid record, of two copies that are never
//     written at the same time;
//   - a chunk is checked before it is written; what is already in the slot is
//     neither fetched nor written; a write that was cut off goes on where it was;
//   - the floor never falls.
//
// Write blocks for as long as the disk and its Source take, at most a chunk
// beyond the end of its context. It holds three chunks in memory and a MiB beside
// them; where a disk does not take them past the page cache, 8 MiB are on their
// way from there to the medium. No more than two processors add up at a time.
// Everything else is one write of 512 bytes, a flush, and a read.
package abslots
