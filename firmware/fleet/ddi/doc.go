// Package ddi speaks the Direct Device Integration API, version 1, of Eclipse
// hawkBit, from the device's side: a box asks what it should do, and tells how
// that went.
//
// Links in answers are never followed: only the number of an action and its
// revision are taken from them, so that the box's token goes to the configured
// server and nowhere else, whatever an answer says. No artifact is downloaded
// from hawkBit.
//
// It guarantees limits on every answer and on what is told (the server counts
// the messages of an action), and errors that say whether asking again is of
// use. Calls block for the network, for at most [Options.Timeout], and end with
// their context.
package ddi
