// Package rauctest is RAUC as its clients see it: the interface
// de.pengutronix.rauc.Installer on a real dbus-daemon, over slots in memory with a
// boot loader that counts attempts as U-Boot's script for RAUC does. It can be
// busy, refuse, be killed in the middle and keep its signals to itself. It was
// written from RAUC's D-Bus description and from what RAUC 1.8 was seen to do.
//
// A bundle is any file; its version is its first byte without the top bit, as
// firmwaretest.Image makes it. Calls never block but for the bus; [Service.Stop]
// waits for the goroutines.
package rauctest
