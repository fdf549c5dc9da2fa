// Package purchase carries purchases from the wish to the receipt: it begins
// them at a service, follows them while a person pays on a phone, and keeps
// receipts in a ledger that the household can check.
//
// It guarantees:
//   - every step is on the disk before it is acted on. Power may go at any time:
//     after a restart each purchase goes on where it was, and one wish is one
//     purchase at the service however often it was sent. The newest that can
//     still be paid is shown again;
//   - nothing is unlocked by it. The lease that a service signs does that, and
//     comes to the box as all leases do;
//   - each purchase and each refund is in the ledger once, in a chain of hashes;
//   - money that came after a purchase was given up counts.
//
// Begin and Cancel block for the disk, not for the service; what comes of them
// is told. The package asks for no PIN and judges no rating: whoever calls
// Begin has done so. It never logs a title, a price or an address.
package purchase
