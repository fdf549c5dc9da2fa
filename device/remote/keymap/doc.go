// Package keymap says what the buttons of remotes mean: a table for every
// Linux input device, one for HDMI-CEC, and what a file adds for single remotes.
//
// It guarantees that a file is either understood as a whole or refused with the
// line and the nearest word that may have been meant, and that a device without
// a table of its own has the built-in one. It is pure: bytes in, tables out.
package keymap
