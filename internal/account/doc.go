// Package account is the box's account at each service: pairing by a code on
// the screen (RFC 8628), tokens that are bound to the box's key (RFC 9449),
// their renewal, their end (RFC 7009), and requests to the service with them.
//
// It guarantees:
//   - tokens are on the disk, sealed as far as the vault can, before anything
//     uses them (renewed ones, whose forerunners are dead, are used while the
//     disk fails, and stored when it does not any more), and a device code that earned an answer of 200 is never sent
//     again, kill -9 included: codes are kept in memory only;
//   - any number of callers at once cause one renewal; no caller's end breaks
//     it off, because an answer on its way may hold the only good token;
//   - tokens that are bound are never sent as Bearer, nor taken as Bearer, nor
//     sent to any other origin than [Service] names;
//   - a service that takes the account back (invalid_grant) is believed once:
//     the tokens are wiped and [Standing] says so; nothing tries again before a
//     person does. A service that answers 401 to everything is asked ever less
//     often;
//   - unpairing wipes at once and tells the service as soon as it is reached,
//     over restarts too;
//   - time is the service's own, from its Date over verified TLS, so that the
//     box's clock may be anything. See clock.go for what TLS needs of it.
//
// Metadata comes from discovery (RFC 8414) and must name the issuer it was
// asked for. Every answer is limited in size and time, and redirects are not
// followed. Only HTTPS is spoken, and HTTP to the box itself.
//
// [New] allocates, [Accounts.Open] reads what is stored, [Accounts.Run] blocks
// and waits for every goroutine of the package. Begin, Cancel and Standing do
// not touch the network; Do and Unpair do, with a context. No token, code, URL
// or answer is logged.
package account
