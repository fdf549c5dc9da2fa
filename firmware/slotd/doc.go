//go:build linux

// Package slotd has the slots of a box written by a program of its own: the
// helper, which may open their partitions and has no network. The daemon, which
// has the network and may open nothing, asks it over a unix socket.
//
// The helper believes nothing that it is told. It is asked for a release by its
// version and the digest of its image, asks back for the signed metadata and
// the description of that release, checks them against the root that the box
// left the factory with, and then asks for those chunks that are not in the slot
// yet. So whoever takes the daemon over can have a release written that was
// signed for this box, is in the newest list that the helper has seen and is not
// below the floor, and can go back to the slot before; nothing else.
//
// It guarantees:
//   - only the owner of the socket and root are heard (SO_PEERCRED);
//   - a slot is written by one caller at a time; when the caller goes away,
//     writing stops, and the slot is what firmware.Slots says of a write that was
//     cut off;
//   - no frame is longer than what was asked for, and nothing that comes in
//     makes the helper panic or hold more than a chunk and a description;
//   - a helper that is killed leaves what a power cut leaves, and the next call
//     starts another one. What was asked of it and can be asked twice is.
//
// [Server.Run] blocks until it was idle for a while. The calls of [Client] block
// for the helper, Write for its Source as well. Source: unix(7), systemd.socket(5).
package slotd
