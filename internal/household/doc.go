// Package household keeps who lives in front of the box: profiles with their
// limits, languages and watchlists, who of them watches, and their PINs.
//
// It guarantees:
//   - there is always a first profile, which nothing limits and nobody can
//     remove;
//   - a profile that may see more than another one has a PIN, or a change that
//     would make it so is refused: a limit that a child can walk around is none;
//   - a PIN can be verified and never read. A try is counted on the disk before
//     it is judged, so that switching the box off gives no further ones;
//   - until it is known who watches, no more is seen than all of them may see;
//   - what it answered is on the disk, and survives a power cut.
//
// Methods may be called from any goroutine. [Household.Viewer] and
// [Household.Watching] do not block; all others wait for the disk, and those
// that take a PIN for some 100 ms of reckoning besides. It never logs a name, a
// PIN or a title.
package household
