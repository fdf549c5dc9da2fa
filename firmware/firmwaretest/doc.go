// Package firmwaretest holds what tests of updates lean on: a disk that loses
// power at every step ([Crash]), and the suite that every backend of
// firmware.Slots passes.
//
// It never blocks and touches no real disk.
package firmwaretest
