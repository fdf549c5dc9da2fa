// Package pairing is the device authorization grant (RFC 8628) as a step
// function: a code is shown on the screen, a person approves it on a phone,
// and the box gets tokens.
//
// [Next] takes what happened and the monotonic time, and gives the new state
// and what to do. It guarantees:
//   - only a person's act ([Begin]) asks for a code; no end of a pairing, good
//     or bad, starts another one (RFC 10027: a code nobody asked for is the
//     attacker's);
//   - a network error or an answer of 5xx never ends a pairing. It waits longer
//     each time, apart from the service's interval, and back to that interval
//     with the first answer that comes;
//   - the gap between two polls is never shorter than the service's interval,
//     5 s without one, and 5 s more for good after each slow_down (section 3.5);
//   - a device code is never sent again once a poll was answered with 200,
//     whatever was in it: at some services that would revoke the household;
//   - a code leaves the state the moment it ends, is used or is refused, so
//     that no screen can go on showing it;
//   - answers to an older pairing change nothing.
//
// The readers of answers ([ParseAuthorization], [ParsePoll], [ParseTokens])
// distrust what they read: sizes, characters, numbers and addresses are
// limited, and no part of an answer but a known error code goes on to a log.
//
// Nothing here blocks, waits or looks at a clock. Tokens and device codes are
// of type [Secret], which does not print.
package pairing
