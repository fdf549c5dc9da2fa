// Package prefetch decides what to fetch before anybody asks for it, and does
// so: the start kits of titles that are likely to be played next.
//
// Policy and Habits are pure: they decide from what they are given. A [Runner]
// feeds them with signs (the focus rests, credits run), and hands one order at
// a time to the origin.
//
// It guarantees:
//   - nothing is fetched that the service does not let this household play,
//     and no right and no concurrent stream is used up to find out;
//   - never more bytes in a day than [Limits] allow, on the network or to the
//     flash, and never so much that more than a tenth of all bytes is wasted;
//   - one order at a time, which gives way as soon as a player waits for a
//     byte; none while the film that is on is short of its reserve, on a
//     metered link, on a service that takes one connection, or for a while
//     after a service said that it was asked too much;
//   - what a household does is learned in counts of fixed number and size that
//     fade, name no title, and are kept where the caller keeps them.
//
// Blocking: [Runner.Run] blocks until its context ends and waits for what it
// started; [Runner.Note], [Runner.Wake] and [Runner.Stats] never block. The
// package opens no connection itself and logs neither titles nor addresses.
package prefetch
