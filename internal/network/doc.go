// Package network is the edge of the box's network: it tells the core what the
// box hangs on and how far that gets, and has the Wi-Fi look around, join and
// forget.
//
// It guarantees that every look, attempt and forgetting is answered once, or
// refused at once, unless it was taken back, which holds from the moment at
// which Do has it; that at most one order at a time is with the radio; and that
// a passphrase is given to the radio once and to nobody else: it waits here
// under a number, which is all that the core, its journal and the bridge's
// replies ever see. What was not fetched within a minute is forgotten.
//
// Keep, Drop, Wake and Do never block. Status, List and Ask, with which
// installers wait, block until their context ends at the latest. Run blocks
// until its context ends, and waits for what it started. Nothing is logged but
// codes: names of networks say where a household lives.
package network
