// Package fleet says which release a box should take, and brings it there.
//
// By default that is decided by the signed list itself ([Static]): each release
// says for which boards, for what share of boxes, for which groups and from when.
// A fleet that outgrows that is led by a server of Eclipse hawkBit ([Led]; its
// protocol is in firmware/fleet/ddi): it may choose among the releases of the
// signed list, and nothing else. A stolen account there ships no bytes that were
// not signed, and nothing below a box's floor.
//
// It guarantees that a release for another board, below the floor, or one that
// failed on this box is never offered, whoever asks for it; that nothing about a
// box leaves it in the static case but its requests; and that what is reported
// decides nothing: an error of a report is the report's alone.
//
// Calls block for the network and end with their context. No goroutines.
package fleet
