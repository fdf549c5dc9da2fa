//go:build linux

// Package remotetest makes remote controls for tests: input devices of the
// kernel's uinput, which behave as those of hardware do (they repeat by
// themselves, can be grabbed, and go away).
//
// It needs /dev/uinput, which boxes and laptops have and many virtual machines
// do not; make e2e-vm runs its users in a guest that has one. Nothing blocks but
// for the kernel, and the package starts nothing.
package remotetest
