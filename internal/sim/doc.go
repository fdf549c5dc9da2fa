// Package sim is the edges of demo mode: a service inside the process and a
// player that shows nothing, for machines that have none.
//
// They stand in at the lowest line that is still data: the service is the
// reference service on a loopback port, the player an MPRIS object on D-Bus
// messages. Everything between them is the code of the real box. The package
// must be imported by cmd/usherd alone. Open listens; Run blocks.
package sim
