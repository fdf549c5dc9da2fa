// Package updater carries an update from a list of releases to a slot that has
// proved itself: it looks for releases, writes them at the pace that the core
// allows (internal/box), starts the box anew when the core says so, and then
// tries what runs: a firmware that does not pass its tests is given up, and not
// tried again.
//
// It guarantees that nothing is decided from what it remembers alone: what runs
// and what starts next is read from the slots, so a lost memory costs the
// history, and at the next update some reading; that a pause takes hold within a chunk; and that a
// report to whoever leads the fleet decides nothing.
//
// Run blocks until its context ends. Do never blocks. The goroutine of the work
// under way ends with Run.
package updater
