// Package abr decides in which rendition the next segment is fetched. It is
// for players that do not choose (mpv) or that a cache in front of them would
// fool, so the choice is made where the segments come from.
//
// [Start] chooses the first segment, [Next] every other one, [Abandon] whether
// a fetch under way is better given up for a smaller rendition. All three are
// functions of one [Situation] and nothing else: the same situation gives the
// same [Choice], which carries the reason in words a person understands
// ([Situation.Explain]). [Meter] turns what arrives from upstream into the
// [Estimate] that a situation needs.
//
// It guarantees:
//   - a choice is always a rung of the ladder, and never one that a [Limit]
//     forbids, unless all are forbidden: then it is the lowest, and says so;
//   - more buffer, or a link that is faster in all its figures by the same factor,
//     never gives a lower rung, all else equal;
//   - a higher rung is not taken so soon after a switch down ([Situation.Since])
//     that the picture would swing;
//   - no input makes it panic or loop: what makes no sense is taken as unknown.
//
// The package is pure: it reads no clock, starts nothing, locks nothing, blocks
// never. A [Meter] is changed by its methods; the caller keeps two of them from
// running at once and passes the time in.
//
// The policy, its formula and its sources are in docs/abr.md; abrsim runs it
// over traces beside other policies and the offline optimum.
package abr
