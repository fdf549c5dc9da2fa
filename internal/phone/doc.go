// Package phone keeps the phones that may act as a remote of the box: how one
// is let in, which there are, and the sealed channel each speaks through.
//
// It guarantees:
//   - Nobody is let in unless somebody at the box asked for a code: it is shown
//     on the television, lasts two minutes, and dies with the third wrong try.
//     Each try is a run of a PAKE (internal/spake2), so that who listens or
//     stands between learns nothing that could be tried elsewhere.
//   - A phone that was let in holds a key of its own. Each connection runs the
//     PAKE again with that key: what was recorded cannot be read later, and both
//     sides know whom they speak with.
//   - A phone that comes by a code again takes the place of its older self, if it
//     shows that it has that one's key.
//   - What is sent afterwards is sealed and numbered: a frame that was changed,
//     repeated, left out or put elsewhere ends the connection.
//   - A phone that is removed is off the disk before Revoke returns, and none of
//     its frames is opened from then on.
//   - Without a phone and without a code the box does not listen.
//
// Open, Switch, Pair, Revoke and a run that lets a phone in block for the disk;
// Accept for its connection. Run blocks until its context ends. What cannot be
// promised is in docs/decisions/014-phone-channel.md: the page itself comes to the
// phone over plain HTTP.
package phone
