// Package mpris drives a native player over D-Bus with MPRIS 2 (the
// interfaces org.mpris.MediaPlayer2 and org.mpris.MediaPlayer2.Player), and,
// for mpv, asks its JSON IPC what MPRIS cannot tell.
//
// It guarantees the contract of player.Conn however badly the player keeps the
// specification: what was asked for is verified by what the player then does,
// reports of an earlier title are never attributed to the present one, and
// every wait has an end. Commands never block; D-Bus calls are asynchronous
// with a deadline of 500 ms, one at a time. Only Run blocks.
//
// The parts, from the bottom: props.go reads what players send, model.go knows
// where the picture is, pilot.go and its neighbours decide what to ask for and
// what to report (pure: no clock, no bus), quirk.go is the table of players,
// ipc.go speaks to mpv, link.go and attach.go to the bus, and conn.go owns it
// all in one goroutine. The package never starts a player; player/launch does.
package mpris
