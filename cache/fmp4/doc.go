// Package fmp4 lets segments of several renditions follow one another under
// one initialization section.
//
// FFmpeg, and so mpv, reads the first moov of a stream and skips every later
// one ("Found duplicated MOOV Atom"), so that a new EXT-X-MAP in mid-stream
// leaves its decoder with the parameter sets of the rendition before: the
// picture breaks. [Splice] puts the parameter sets of a rendition into the
// first sample of its segment, where a decoder of H.264 or H.265 takes them
// from (ISO/IEC 14496-15, "avc3" and "hev1" do the same), and corrects the
// boxes before it. Nothing else of a segment changes.
//
// It is pure: it reads and writes memory, never blocks, and never trusts a
// length. What it does not understand is an error, and the segment then stays
// as it is. Encrypted media is left alone.
package fmp4
