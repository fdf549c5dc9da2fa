package hls

import (
	"slices"
	"strings"
)

// Preference says what a household's screen, link and ears can take.
type Preference struct {
	MaxHeight    int      // lines; 0 is no limit
	MaxBandwidth int      // bit/s, against BANDWIDTH; 0 is no limit
	Audio        []string // languages, BCP 47, best first
	Subtitle     []string // languages, BCP 47, best first; empty is none
}

// Rank lists the variants best first: what fits in height and bandwidth by
// falling bandwidth, then what exceeds only the bandwidth by rising
// bandwidth, then what is too high by rising height. Variants without picture
// come last when others have one. Equals stay in the order of the playlist, so
// that a redundant stream follows its twin.
func Rank(variants []Variant, pref Preference) []int {
	order := make([]int, len(variants))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		va, vb := variants[a], variants[b]
		ca, cb := pref.class(va), pref.class(vb)
		switch {
		case ca != cb:
			return ca - cb
		case ca == fits:
			return vb.Bandwidth - va.Bandwidth
		case ca == tooHigh && va.Height != vb.Height:
			return va.Height - vb.Height
		default:
			return va.Bandwidth - vb.Bandwidth
		}
	})
	return order
}

// The classes of variant, best first.
const (
	fits = iota
	tooMuch
	tooHigh
	soundOnly
)

func (pref Preference) class(v Variant) int {
	switch {
	case v.soundOnly():
		return soundOnly
	case pref.MaxHeight > 0 && v.Height > pref.MaxHeight:
		return tooHigh
	case pref.MaxBandwidth > 0 && v.Bandwidth > pref.MaxBandwidth:
		return tooMuch
	default:
		return fits
	}
}

// soundOnly says that the codecs are known and none of them is a picture's.
func (v Variant) soundOnly() bool {
	if v.Height > 0 || v.Codecs == "" {
		return false
	}
	for c := range strings.SplitSeq(v.Codecs, ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(c), ".")
		switch kind {
		case "mp4a", "ac-3", "ec-3", "ac-4", "Opus", "opus", "fLaC", "flac", "alac", "stpp", "wvtt":
		default:
			return false
		}
	}
	return true
}

// PickAudio is the rendition of a group for the languages: the first language
// that is there, else the default one, else the first that may be selected
// automatically, else the first. -1 when the group has none.
func (p *Playlist) PickAudio(group string, langs []string) int {
	return p.pick("AUDIO", group, langs, true)
}

// PickSubtitle is the rendition of a group for the languages, or -1. Forced
// subtitles (which only translate signs) are not picked.
func (p *Playlist) PickSubtitle(group string, langs []string) int {
	return p.pick("SUBTITLES", group, langs, false)
}

func (p *Playlist) pick(kind, group string, langs []string, orAny bool) int {
	if group == "" {
		return -1
	}
	for _, l := range langs {
		if i := p.find(kind, group, func(r Rendition) bool { return strings.EqualFold(r.Language, l) }); i >= 0 {
			return i
		}
		if i := p.find(kind, group, func(r Rendition) bool { return SameLanguage(r.Language, l) }); i >= 0 {
			return i
		}
	}
	if !orAny {
		return -1
	}
	for _, ok := range []func(Rendition) bool{
		func(r Rendition) bool { return r.Default },
		func(r Rendition) bool { return r.Autoselect },
		func(Rendition) bool { return true },
	} {
		if i := p.find(kind, group, ok); i >= 0 {
			return i
		}
	}
	return -1
}

// find is the first rendition that satisfies ok; a default one wins, so that
// an audio description is not taken for the film's own sound.
func (p *Playlist) find(kind, group string, ok func(Rendition) bool) int {
	best := -1
	for i, r := range p.Renditions {
		if r.Type != kind || r.Group != group || r.Forced && kind == "SUBTITLES" || !ok(r) {
			continue
		}
		if best < 0 || r.Default && !p.Renditions[best].Default {
			best = i
		}
	}
	return best
}

// SameLanguage says whether two tags have the same primary language (RFC 5646);
// the three-letter codes of common languages equal their two-letter ones.
func SameLanguage(a, b string) bool {
	x, y := primary(a), primary(b)
	return x != "" && x == y
}

func primary(tag string) string {
	p, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	p = strings.ToLower(p)
	// ISO 639-2 codes, both bibliographic and terminological.
	long := "ara:ar bul:bg ces:cs cze:cs chi:zh zho:zh cmn:zh dan:da deu:de ger:de dut:nl nld:nl ell:el gre:el eng:en " +
		"est:et fas:fa per:fa fin:fi fra:fr fre:fr heb:he hin:hi hrv:hr hun:hu ind:id ita:it jpn:ja khm:km kor:ko lao:lo " +
		"lav:lv lit:lt may:ms msa:ms nor:no nob:no pol:pl por:pt ron:ro rum:ro rus:ru slk:sk slo:sk slv:sl spa:es srp:sr " +
		"swe:sv tam:ta tel:te tgl:tl tha:th tur:tr ukr:uk urd:ur vie:vi"
	if len(p) != 3 {
		return p
	}
	if i := strings.Index(long, p+":"); i >= 0 {
		return long[i+4 : i+6]
	}
	return p
}
