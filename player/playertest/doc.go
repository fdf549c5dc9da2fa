// Package playertest holds players that are not real: Player, an MPRIS player
// on real D-Bus messages that really fetches what it is told to play, and Bus,
// a message bus in the same process for machines without dbus-daemon. It also
// holds TestConn, the conformance suite of player.Conn.
//
// Player shows nothing and discards every byte; its clock is the machine's, so
// it exercises an origin at playing pace. It is what the demo plays on when no
// real player can be had. Run blocks until its context ends; nothing else does.
package playertest
