// Package uplink knows from NetworkManager whether the network that the box is
// on is paid for by the byte: a phone's hotspot, a stick with a mobile
// contract, or what the household marked as such. And [Look] says what the
// traffic goes over, as the kernel has it: a cable, Wi-Fi, or nothing.
//
// It tells each change once, and [Unknown] while there is no NetworkManager. It
// changes no setting, starts nothing on the bus, and asks for nothing but that
// one property. New allocates only; Run blocks until its context ends or the
// bus is lost, and calls Told from its own goroutine.
//
// Source: NetworkManager's D-Bus reference, property Metered of
// org.freedesktop.NetworkManager, and NMMetered.
package uplink
