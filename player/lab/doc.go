// Package lab examines a native player: it plays real HLS streams on it, asks
// it everything that MPRIS promises and Usher relies on, and makes a matrix of
// what it does.
//
// Rows of the area "controller" are what Usher makes of the player through
// player/mpris; they are required. The others are what the player does by
// itself; most of them inform, and where a player is known to break the
// specification the row names its bug. Nothing is taken for granted: a row says
// what was seen.
//
// Run blocks for some minutes: it starts the player on a private bus, has
// ffmpeg make the streams, and leaves neither process nor file behind. A player
// that runs already is examined where it is, and is neither stopped nor killed.
// Linux only.
package lab
