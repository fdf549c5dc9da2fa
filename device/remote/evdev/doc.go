//go:build linux

// Package evdev reads remotes from /dev/input: infrared ones that the kernel
// decodes, Bluetooth and USB ones, buttons of the box, and keyboards where a
// keymap says so.
//
// It guarantees:
//   - what is read is grabbed, so that no key acts twice; what is not grabbed is
//     not read. Full keyboards, mice and the kernel's copy of CEC keys are left
//     alone unless a keymap says otherwise;
//   - devices may come, go and come back under another name at any time; a key
//     that was down on one that went away is let go;
//   - when the kernel lost events (SYN_DROPPED), keys that are up by then are let
//     go;
//   - a device that cannot be read is in [Reader.Devices] with the reason and
//     the next step, and is tried again: every ten seconds, and when its
//     permissions change.
//
// Run is one goroutine and blocks until its context ends. Options.Emit is called
// from it and must not block. No other call blocks but [Reader.Learn], which
// waits for a press.
package evdev
