// Package playback is how a well-behaved playback device acts on an HDMI-CEC
// bus, as a pure function:
//
//	state, step := playback.Next(state, now, input)
//
// Input is a cec.BusEvent, a cec.Act, or Tick. The step says which frames to
// send, each with its reason, what to report to the daemon, and what was
// decided against. State.Deadline says when Tick is due. Nothing here blocks,
// reads a clock or starts anything; the same inputs give the same frames.
//
// # What it guarantees
//
//  1. In mode "off" no frame is sent, whatever happens.
//  2. The television is lit (Image View On, Text View On) only for a
//     ShowPicture whose cause is a person, once in ten seconds, and never
//     again for the same act but for two retries while the set does not answer "on".
//  3. The source is never taken back: after it was lost, Active Source is sent
//     for a person's ShowPicture, or when Set Stream Path, a Routing Change or
//     Routing Information names our own address.
//  4. Standby is idempotent, and is never answered by a wake. A Routing Change
//     within three seconds of it wakes nobody. After three wakes asked by the
//     bus in a minute that each undid a standby, the bus cannot wake the box
//     for a minute; a power key still can.
//  5. In standby only our own address in Set Stream Path or a Routing Change,
//     a power key, and with Deck Control Play and Eject wake the box.
//  6. Each press of a key is reported once, and gets one release, whatever way
//     the television has of holding keys.
//  7. No more than four frames are under way, none is sent to who aborted its
//     opcode as unrecognised, and at rest none is sent at all.
//
// # Held keys
//
// Televisions hold keys in three ways: the same press again every 200 to 500
// ms; one press, silence, a release; presses without a release. A key is held
// until its release, for five seconds at most. Once a television has been seen
// repeating, a key ends 600 ms after the last press. All of it is reckoned by
// the time on the wire. A key of a television that was never heard to release
// one is loose (cec.KeyReport): it may be up already, and so a tap must not
// repeat, or become long, because nothing more is said of it.
package playback
