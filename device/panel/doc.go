//go:build linux

// Package panel shows a device.Face on what the front of a box has: LEDs that
// the kernel knows, LEDs on GPIO pins, segment displays of the TM1637, TM1650
// (FD650) and TM1628 (FD628) families on GPIO pins, and symbols behind the
// openvfd driver. Several may be there, and none is fine. [Buttons] are those on
// the same front that the kernel does not know: GPIO pins, as keys of a remote.
//
// It guarantees that a part that cannot be opened, or that fails later, never
// takes another one with it, and is in [Panel.Parts] with the reason and the next
// step; and that everything is dark when Run has ended.
//
// Show never blocks; Run does, and owns the only goroutine; that of Buttons has
// one more for each button. Nothing is written
// to the hardware but when what is shown changes. Pins are those of
// periph.io/x/conn, found by the drivers gpioioctl and sysfs only: the others map
// physical memory.
package panel
