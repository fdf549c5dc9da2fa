// Package door is the reference service's authorization server: who a box is.
//
// It speaks RFC 8414 (metadata), RFC 8628 (pairing by a code on the screen),
// RFC 8693 (enrolment by a ticket), RFC 9449 (tokens bound to the box's key),
// refresh tokens that are used once (RFC 9700 section 4.14), and RFC 7009
// (revocation). What a person sees of it is elsewhere: the pages call [Door.Asking], [Door.Allow] and [Door.Decline].
//
// It guarantees:
//   - a token is given to one box, after a person of one household allowed it
//     or for a ticket that was made for it, and is of use only with the key that the first poll was signed with;
//   - a code is used once. Sending it again ends the box that it made;
//   - a refresh token is used once. One that comes again after its successor
//     was used ends the box, because one of the two is a thief. Until then, and
//     for a minute at most, the one before is taken as well: its answer was lost;
//   - a proof is taken once, and only with the time, method and address of its
//     request;
//   - a box that was removed has no access from then on: tokens are opaque and
//     looked up, not believed;
//   - of tokens, only sums are stored.
//
// Boxes are on the shelf. Codes are in memory, at most ten thousand, so a
// restart ends pairings that were under way and nothing else. A poll may be
// held for a few seconds, so that a box knows of the approval at once; nothing
// else blocks but for the shelf. No goroutine is started, and no code, token or
// proof is logged.
package door
