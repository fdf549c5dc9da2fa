// Package trust says which releases a box may believe in: it reads the signed
// metadata of a repository (The Update Framework, specification 1.0) and checks
// it as its client workflow (5.3 to 5.6) says, from the root that the box left
// the factory with.
//
// It guarantees:
//   - a list of releases comes from as many keys as the root asks for, of which
//     those that can say what a box runs are not on any server;
//   - a list is never older than the one before it, as far as the box remembers;
//     a root that takes online keys back ends what their thief did (5.3.11);
//   - what has expired is refused by a time that does not depend on the box's
//     own clock alone ([Clock]);
//   - what it remembers survives power cuts at any write: two generations, of
//     which the older is written over; damage to both costs the memory, and
//     never the next update;
//   - no file is longer than its limit, no metadata makes it panic, and no type
//     of the library that it verifies with leaves the package.
//
// It fetches nothing itself ([Place] does), starts no goroutine, and blocks for
// its Place and its Disk only.
package trust
