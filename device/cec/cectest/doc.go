// Package cectest is a virtual living room: an HDMI wire with a television, an
// audio system and a rival on it, each with the habits of real ones, and the
// port of a box, which does what Linux does for an adapter.
//
// A Room is deterministic: its clock is moved by Advance, its chances come from
// a seed, and a frame takes the time it takes on the wire. It starts nothing
// and never blocks; it is not safe for use by several goroutines. Bus puts a
// Room on the clock of this machine, as a cec.Bus, for the demo and for tests.
package cectest
