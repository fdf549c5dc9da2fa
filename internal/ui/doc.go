// Package ui is the local bridge of the box: JSON-RPC 2.0 over WebSocket for
// the screen (TCP on loopback) and for the command line (unix socket), the
// page itself, its pictures, and the health and metrics pages.
//
// It guarantees:
//   - A client that follows a topic ends with the server's state: each topic
//     has an epoch and a sequence number, and after a break a client gets what
//     it missed or a fresh snapshot.
//   - A slow client is never waited for. State topics are conflated for it, and
//     of a map it is told what changed, merged; it is told and dropped when keys
//     can no longer be kept, or when it does not take bytes for 5 s. What is
//     held for a client is bounded.
//   - Commands of one client are submitted in the order sent, and its replies
//     come in that order; a command does not wait behind a slow look-up.
//   - Nothing is answered on TCP before the Host and Origin were found on the
//     list, and no call before the session token was shown. Each method and
//     each topic needs a scope; the role of the connection has it or the call
//     is denied, with a reason and a remedy.
//   - Connections that have not said hello have places of their own: whoever
//     opens many and has no token keeps nobody out.
//   - A session stays with the version of the API that it pinned.
//   - GET never changes anything.
//
// Bridge.Run blocks until its context ends and every connection is gone.
// Handlers block for the time of their connection. The package never
// blocks the box: Submit and View of the Box must not block either.
//
// The contract is schema/openrpc.json; docs/protocol.md is written from it.
package ui
