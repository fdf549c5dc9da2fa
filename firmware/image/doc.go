// Package image is how the image of a release is described, stored on a server,
// and put together again on a box that has most of it already.
//
// An image is cut into chunks, as firmware.Release has them (1 MiB), and those
// into blocks (4 KiB). Four files are published for it, each named by its
// SHA-256:
//
//	description  JSON: the SHA-256 of every chunk, notes, and the sums of the other three
//	index        for every block 8 bytes of its SHA-256, and how long it is stored
//	data         the blocks as they are stored, one after the other
//	frames       the chunks once more, each compressed as a whole (zstd, RFC 8878)
//
// Each block is compressed (DEFLATE, RFC 1951) with what precedes it in its
// chunk as the dictionary. A box puts a chunk together from front to back, so it
// always has that dictionary, whether the bytes before came from its own disk
// or from the network: any single block can be fetched, and yet the whole is
// about as small as a .gz. A chunk of which little is there comes as a frame,
// which is smaller than its blocks and sooner unpacked ([Weaver.Frames]).
//
// The blocks are unpacked by a decoder of this package. Its blocks are small and
// their window is there already, in the chunk, where a decoder that reads a stream
// copies 32 KiB of it for each of them and takes its bytes one by one: that was
// the longest part of an install (BenchmarkInflate). FuzzInflate holds it against
// compress/flate.
//
// What the old image has is found out by reading it, or is remembered: the index
// of a release that was written says it. Where that is so, no more of the old
// image is read than is taken from it.
//
// It guarantees that what the old image lends does no harm: the short sums of the
// index only find blocks, they prove nothing, and nothing has to be right about
// what is remembered. Each chunk is added up once, by whoever takes it, who asks
// for a wrong one again: a [Weaver] then reads, adds up each block of the old
// image, makes the chunk without them at last, and gives nothing that does not fit
// the description. Decoders take anything and never panic, and no input makes them
// allocate more than its length and the limits of the package.
//
// Nothing here fetches, and no goroutine outlives a call; a Weaver blocks for its
// disk and its [Stored]. It holds the index (10 bytes for each block), what is
// remembered of the old image (as much), 12 bytes for each block of that, and one
// chunk as it is stored: about 3 MB for 256 MiB.
package image
