// Package abrsim plays titles over recorded or generated links without any
// network, to measure policies that choose renditions: that of package abr,
// others for comparison, and the best that could have been done by somebody who
// knew the link beforehand ([Best]).
//
// A session is exact for the model: one fetch at a time, each begins with the
// latency of the link and then takes what the link carries; a segment can be
// played when all of it is there; reading ahead stops when the window is full.
// The same inputs give the same [Result] on every machine.
//
// It is for benches and tests and is never linked into the daemon. Functions
// block for as long as they calculate, and touch neither disk nor network.
package abrsim
