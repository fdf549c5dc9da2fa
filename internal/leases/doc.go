// Package leases keeps what each service has signed for this box, and decides
// with it what may be played, online or not.
//
// It guarantees:
//   - a lease is believed only if the service's key signed it for this box's
//     key; each is verified again when it is read from the disk;
//   - the highest sequence number that was ever seen for a title is kept, so
//     that an older lease does not come back; so is when a rental was begun,
//     on the disk before its first picture;
//   - what is stored survives kill -9 and power cuts, and is wiped with the
//     account;
//   - time is the service's: setting the box's clock extends nothing;
//   - a service that cannot be asked changes nothing: what was signed counts
//     for as long as it says.
//
// Leases are asked for, all of them, when the box is paired, when [Keeper.Refresh]
// says so, and twice a day, because leases end. In between the service is asked
// for news, and may hold its answer for a minute. Decide, Begin and Wipe
// block for the disk at most; Run blocks and waits for its own goroutines. No
// lease, title or account is logged.
package leases
