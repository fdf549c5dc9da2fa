// Package cecdev is a cec.Bus on a Linux CEC adapter, /dev/cecN.
//
// It guarantees that one address is claimed as playback device while Run runs
// and given back when it ends (Clear does so for a process that was killed),
// that the physical address is the kernel's, and that an adapter that goes
// away is found again, under whatever node it comes back. What a person can do
// about a missing, busy or forbidden adapter is said once, in cec.Detached.
//
// The kernel's core answers Get CEC Version, Give Physical Address, Vendor ID,
// OSD Name, Features and Abort, and drops malformed frames: the adapter is
// opened as exclusive follower, without passthrough. Keys are read as frames;
// the kernel's input device for them is left off, so that none comes twice.
//
// One goroutine waits in poll(2) for frames and events, one sends: a frame
// lasts as long as it is on the wire (up to some seconds without a partner).
// Transmit never blocks. The package never sends a frame of its own.
//
// Layouts and numbers are those of linux/cec.h, the same on amd64, arm64 and
// arm; a test pins them. MIPS and PowerPC number their ioctls otherwise, and
// are refused.
package cecdev
