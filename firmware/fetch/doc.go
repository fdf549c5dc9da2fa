// Package fetch brings the files of a repository over HTTP to a box, however bad
// the way is.
//
// It guarantees:
//   - a file that is named by a sum has that sum; of ranges, whoever asks for
//     them checks what they are put together to;
//   - a connection that died unnoticed while it was idle costs a sixth of the time
//     after which an attempt ends, and no attempt;
//   - what arrived is not fetched again: after a cut, reading goes on at the
//     byte where it ended;
//   - no endless loops: a place that gives nothing for six attempts is given up,
//     each after a longer wait, and every answer has a length limit;
//   - no more than the [Budget] comes in, counted as bytes of bodies;
//   - a closed [Gate] stops it within a second, and frees the link: the
//     connection is closed, not left to fill buffers;
//   - every error is a [*firmware.Error], or the context's; below it an [*Error]
//     says what kind of trouble it is, so that it can be told from another;
//   - TLS is verified at a time that does not depend on the box's clock alone.
//
// Calls block for the network and end with their context. The package starts no
// goroutine of its own.
package fetch
