// Package cec is the vocabulary of HDMI-CEC for a playback device: addresses,
// frames, messages, keys, the contract between a device and a bus (Bus), and
// the contract between the daemon and the television (Television).
//
// # Who does what
//
//	daemon ── Act ──▶ Television (station) ── Frame ──▶ Bus (cecdev) ── kernel ── HDMI
//	       ◀─ Report ─                    ◀─ BusEvent ─
//
// The daemon says what happened at the box (Acts: a person wants the picture,
// the box goes to standby, a volume key). It hears what it must know (Reports:
// a key of the television's remote, standby asked, the source lost, a
// language, the television's power). device/cec/playback decides what follows,
// as a pure function; device/cec/station runs it over a Bus.
//
// # What a daemon does with it
//
//   - It tells the power of the box with SetPower, each time it changes. On a
//     WakeAsked or StandbyAsked report it changes its power and says so; until
//     then the bus is told "on the way".
//   - It sends ShowPicture only for an act of a person, with its Cause. Other
//     causes are refused, and the refusal is logged.
//   - It pauses on SourceChanged{Active: false}; it never asks for the picture
//     back by itself.
//   - It routes volume keys through PressKey, and changes its own volume when
//     told SoundChanged{At: SoundHere}.
//   - It maps KeyReport to a remote key with its keymap. A report is a press
//     or a release, once each; repeat while held is the receiver's own timer,
//     but for keys that are loose: those repeat with KeyRepeated.
//
// Everything here is data: nothing blocks, reads a clock or starts anything.
// Parse takes any bytes and never panics. Sources: HDMI 1.4b supplement 1
// (CEC), the CEC 2.0 messages as far as the Linux kernel and v4l-utils encode
// them, linux/cec.h.
package cec
