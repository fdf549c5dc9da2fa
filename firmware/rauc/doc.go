// Package rauc drives the slots of a box whose firmware is written by RAUC
// (https://rauc.io), over its D-Bus interface de.pengutronix.rauc.Installer. It
// implements firmware.Slots; a release's image is a RAUC bundle.
//
// It guarantees that RAUC sees no byte of a bundle that does not fit the signed
// sums of the release, so that both trusts have to agree: Usher's and RAUC's
// own; that a bundle of another version or another "compatible" than the
// release is not installed; that every call ends, also when RAUC or the bus
// dies in the middle, and that what became of an install is then read from the
// slots; and that what was written and not activated does not start.
//
// RAUC can neither be stopped nor slowed down once it writes: a Write whose
// context ends then comes back, RAUC goes on, and the next call finds out how
// it ended. Fetching the bundle before that is stopped and paced by its source,
// and goes on where it was.
//
// RAUC knows neither trials, counters nor reasons. They are kept in one small
// file, which is held against RAUC's slots at each look: what somebody installs
// by hand is not mistaken for a release. Calls block for the disk and for RAUC,
// and end with their context. No goroutine outlives a call.
package rauc
