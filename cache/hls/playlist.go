package hls

import (
	"errors"
	"net/url"
	"strconv"
	"time"
)

// ErrNotPlaylist says that the bytes do not begin with #EXTM3U (RFC 8216
// section 4.3.1.1): an HTML page of a captive portal, an error document, media.
var ErrNotPlaylist = errors.New("not an HLS playlist: it does not begin with #EXTM3U")

// ErrLimit says that a playlist exceeds one of the [Limits].
var ErrLimit = errors.New("playlist exceeds a limit")

// ErrNoVariant says that a multivariant playlist offers nothing to play.
var ErrNoVariant = errors.New("multivariant playlist has no variant")

// ErrKind says that an operation does not fit the kind of playlist.
var ErrKind = errors.New("operation does not fit this kind of playlist")

// The limits used where [Limits] has zero.
const (
	DefaultMaxBytes     = 16 << 20
	DefaultMaxLines     = 500_000
	DefaultMaxLineBytes = 256 << 10
)

// Limits bounds what Parse accepts. Zero fields mean the defaults.
type Limits struct {
	Bytes     int // of the whole playlist
	Lines     int
	LineBytes int // of one line
	// Import holds the variables of the multivariant playlist, for
	// EXT-X-DEFINE:IMPORT (rfc8216bis section 4.4.2.3).
	Import map[string]string
}

// Kind tells the two kinds of playlist apart.
type Kind uint8

// The kinds of playlist.
const (
	Media        Kind = iota // lists segments
	Multivariant             // lists variants and renditions ("master playlist" in RFC 8216)
)

// String is the lower-case name of the kind.
func (k Kind) String() string {
	if k == Multivariant {
		return "multivariant"
	}
	return "media"
}

// Range is a part of a resource in bytes. Length 0 is the whole resource.
type Range struct{ Offset, Length int64 }

// String is n@o, as playlists write it.
func (r Range) String() string {
	return strconv.FormatInt(r.Length, 10) + "@" + strconv.FormatInt(r.Offset, 10)
}

// Playlist is a playlist that was read. Do not change it.
type Playlist struct {
	Kind    Kind
	Version int               // EXT-X-VERSION; 0 when absent
	Defines map[string]string // EXT-X-DEFINE variables; nil when there are none

	// Media playlists.
	Target                time.Duration // EXT-X-TARGETDURATION
	PartTarget            time.Duration // EXT-X-PART-INF
	MediaSequence         uint64        // of the first segment
	DiscontinuitySequence uint64        // of the first segment
	Skipped               uint64        // segments left out by EXT-X-SKIP
	EndList               bool          // EXT-X-ENDLIST: nothing will be added
	Type                  string        // "VOD", "EVENT" or ""
	IFramesOnly           bool
	BlockReload           bool // EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES
	Duration              time.Duration
	Segments              []Segment
	Parts                 []Part // partial segments (LL-HLS), in order
	Hints                 []Part // EXT-X-PRELOAD-HINT
	Maps                  []Map
	Keys                  []Key
	KeySets               [][]int // each a list of indexes into Keys in force together

	// Multivariant playlists.
	Variants    []Variant
	Renditions  []Rendition
	Independent bool // EXT-X-INDEPENDENT-SEGMENTS

	data   []byte
	base   *url.URL
	prefix string // base up to the last slash of the path, for fast resolution
	refs   []ref
	fixed  map[uint32]string // replacements of EXT-X-DEFINE tags by offset
	lines  []lineInfo        // multivariant only: what may be dropped when pinning
	limits Limits
}

// Segment is one media segment.
type Segment struct {
	MSN           uint64        // media sequence number
	Discontinuity uint64        // discontinuity sequence number
	Start         time.Duration // from the beginning of the playlist
	Duration      time.Duration // EXTINF
	Range         Range         // implicit offsets are resolved
	Map           int           // index into Playlist.Maps; -1 for none
	KeySet        int           // index into Playlist.KeySets; -1 for clear
	Gap           bool          // EXT-X-GAP: must not be fetched
	ref           int32
	lo, hi        uint32 // its lines: from after the previous URI line to after its own
	pdt           span
}

// Part is a partial segment or a preload hint.
type Part struct {
	MSN         uint64 // of the segment it is part of
	Duration    time.Duration
	Range       Range // of a hint: Length 0 means open-ended
	Independent bool
	Gap         bool
	Type        string // of a hint: "PART" or "MAP"
	ref         int32
}

// Map is a media initialization section (EXT-X-MAP).
type Map struct {
	Range  Range
	KeySet int // index into Playlist.KeySets; -1 for clear
	ref    int32
	line   span
}

// Key is an EXT-X-KEY tag.
type Key struct {
	Method    string // AES-128, SAMPLE-AES, ...
	KeyFormat string // "identity" when absent
	IV        string // as written; "" means that the MSN is the IV
	ref       int32  // -1 without URI
	line      span
}

// Variant is an EXT-X-STREAM-INF tag with its URI line.
type Variant struct {
	Bandwidth        int // bit/s, peak
	AverageBandwidth int // bit/s; 0 when absent
	Width, Height    int // 0 when absent
	FrameRate        float64
	Codecs           string
	VideoRange       string // SDR, HLG, PQ or ""
	Audio            string // group ids; "" for none
	Video            string
	Subtitles        string
	ClosedCaptions   string
	PathwayID        string
	StableID         string
	ref              int32
}

// Rendition is an EXT-X-MEDIA tag.
type Rendition struct {
	Type       string // AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS
	Group      string
	Name       string
	Language   string // as written, normally BCP 47
	Channels   string
	Default    bool
	Autoselect bool
	Forced     bool
	HasURI     bool // false: its media is inside the variant's own segments
	ref        int32
}

// Live says that the playlist may still grow.
func (p *Playlist) Live() bool { return p.Kind == Media && !p.EndList && p.Type != "VOD" }

// FMP4 says that the segments are fragmented MP4 (they have an EXT-X-MAP).
func (p *Playlist) FMP4() bool { return len(p.Maps) > 0 }

// LastMSN is the media sequence number of the newest segment; ok is false
// when there is none.
func (p *Playlist) LastMSN() (msn uint64, ok bool) {
	if len(p.Segments) == 0 {
		return 0, false
	}
	return p.Segments[len(p.Segments)-1].MSN, true
}

// Has says that a segment is there, or, with part >= 0, that part of it, as a
// blocking reload asks (rfc8216bis section 6.2.5.2).
func (p *Playlist) Has(msn uint64, part int) bool {
	if last, ok := p.LastMSN(); ok && last >= msn {
		return true
	}
	n := 0
	for i := len(p.Parts) - 1; i >= 0 && p.Parts[i].MSN >= msn; i-- {
		if p.Parts[i].MSN > msn {
			return true
		}
		n++
	}
	return part >= 0 && n > part
}

// Newer says that p shows more of a stream than q.
func (p *Playlist) Newer(q *Playlist) bool {
	a, b := p.next(), q.next()
	return a > b || a == b && len(p.partsOf(a)) > len(q.partsOf(b))
}

// next is the media sequence number of the segment that will come.
func (p *Playlist) next() uint64 {
	if last, ok := p.LastMSN(); ok {
		return last + 1
	}
	return p.MediaSequence
}

func (p *Playlist) partsOf(msn uint64) []Part {
	lo := len(p.Parts)
	for lo > 0 && p.Parts[lo-1].MSN >= msn {
		lo--
	}
	return p.Parts[lo:]
}

// SegmentRef is the reference of segment i.
func (p *Playlist) SegmentRef(i int) Ref { return p.refAt(p.Segments[i].ref) }

// MapRef is the reference of map i.
func (p *Playlist) MapRef(i int) Ref { return p.refAt(p.Maps[i].ref) }

// KeyRef is the reference of key i; ok is false when it has no URI.
func (p *Playlist) KeyRef(i int) (r Ref, ok bool) {
	if p.Keys[i].ref < 0 {
		return Ref{}, false
	}
	return p.refAt(p.Keys[i].ref), true
}

// VariantRef is the reference of the media playlist of variant i.
func (p *Playlist) VariantRef(i int) Ref { return p.refAt(p.Variants[i].ref) }

// RenditionRef is the reference of the media playlist of rendition i; ok is
// false when it has no URI.
func (p *Playlist) RenditionRef(i int) (r Ref, ok bool) {
	if !p.Renditions[i].HasURI {
		return Ref{}, false
	}
	return p.refAt(p.Renditions[i].ref), true
}

// ProgramTime is the EXT-X-PROGRAM-DATE-TIME written on segment i; ok is
// false when it has none of its own.
func (p *Playlist) ProgramTime(i int) (t time.Time, ok bool) {
	raw := p.text(p.Segments[i].pdt)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
		if t, err := time.Parse(layout, raw); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Bytes is the playlist as it was read, without byte order mark.
func (p *Playlist) Bytes() []byte { return p.data }

// Base is the URL that relative URIs are resolved against.
func (p *Playlist) Base() *url.URL { return p.base }

func (p *Playlist) text(s span) string { return string(p.data[s.lo:s.hi]) }
