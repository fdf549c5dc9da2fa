// Package till is who may watch what at the reference service, and how it was
// paid: plans, rights, purchases, receipts, vouchers, and what is billed later.
//
// It guarantees:
//   - nothing is unlocked, and nothing owed, but by [Till.Pay], which a person on
//     a phone caused; paying and the right that comes of it are stored together
//     or not at all;
//   - an intent that is sent again is the same purchase; a purchase only goes
//     forward, and what crossed on the way changes nothing;
//   - every change to the rights to one content has a higher number than the one
//     before, so that a box cannot go back to an older one;
//   - what was taken back is said in a lease of its own, and not by silence;
//   - what may be opened offline and billed later is limited by what is owed.
//
// Time comes from the caller's clock. Methods block for the shelf; the package
// starts no goroutine. It logs what became of purchases, by their ids.
package till
