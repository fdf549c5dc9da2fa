// Package launch starts the native player that Usher drives, and a private
// D-Bus for it where the machine has none.
//
// It guarantees that what it starts ends with it: every process runs in a
// process group of its own, is stopped when Run's context ends, and is killed
// by the kernel when usherd itself is killed (PR_SET_PDEATHSIG). A process that
// ends is started again: the first time at once, then with back-off.
//
// Run blocks until its context ends. Nothing else blocks. The package never
// speaks D-Bus or to the player; player/mpris does. Linux only.
package launch
