package hls

import "slices"

// Twins are the variants that offer the same as variant i from elsewhere:
// those of its STABLE-VARIANT-ID, or, without ids, redundant streams with the
// same attributes but for the pathway (RFC 8216 section 4.3.4.2, rfc8216bis
// section 7). i itself is not among them.
func (p *Playlist) Twins(i int) []int {
	var all []int
	for j := range p.Variants {
		if j != i && p.Variants[i].same(p.Variants[j]) {
			all = append(all, j)
		}
	}
	return all
}

// FirstTwin is the first variant that offers what variant i does; i when
// there is no other.
func (p *Playlist) FirstTwin(i int) int {
	return slices.Min(append(p.Twins(i), i))
}

func (v Variant) same(w Variant) bool {
	if v.StableID != "" || w.StableID != "" {
		return v.StableID == w.StableID
	}
	v.ref, v.PathwayID, w.ref, w.PathwayID = 0, "", 0, ""
	if v.Audio != "" && w.Audio != "" { // groups are often named after the pathway
		v.Audio, w.Audio = "", ""
	}
	if v.Subtitles != "" && w.Subtitles != "" {
		v.Subtitles, w.Subtitles = "", ""
	}
	return v == w
}
