// Package rights decides who may watch what, and says why: free titles,
// subscriptions, rentals, purchases and post-paid titles; signed leases; age
// ratings, profiles and windows.
//
// It guarantees:
//   - every answer is a [Decision] with a machine reason, a sentence and a next
//     step, and is a function of what it was given and of nothing else;
//   - nothing but a free title is granted without a [Lease] that was signed by
//     the service for this box's key, and by [ParseLease] found to be so;
//   - what cannot be judged is refused: an unknown model, an unrated title, a
//     territory that is not named;
//   - setting the clock back never extends anything: time is what [Clock] makes
//     of the clocks of a box, and it does not run backwards;
//   - decoding takes at most [MaxLease] bytes of a lease and [MaxKeys] of keys.
//
// Nothing blocks, and nothing is kept: what has to survive (the first play of
// a rental, the highest sequence number, the time floor, the ledger) is handed
// back for the caller to store before it acts.
package rights
