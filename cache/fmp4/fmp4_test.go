package fmp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// made is a box of a kind with its parts one after the other.
func made(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, kind...), body...)
}

func u32(v ...uint32) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

// movie says what an init section and its segments are like.
type movie struct {
	sps, pps  string
	timescale uint32
	start     uint32 // of the edit list
	entry     string
	hevc      bool
	second    bool // a track of sound as well
}

func (m movie) init() []byte {
	var config []byte
	if m.hevc {
		head := append([]byte{1}, make([]byte, 20)...)
		head = append(head, 0xff, 2) // lengths of four bytes, two arrays
		for i, ps := range []string{m.sps, m.pps} {
			head = append(head, byte(32+i), 0, 1, 0, byte(len(ps)))
			head = append(head, ps...)
		}
		config = made("hvcC", head)
	} else {
		c := []byte{1, 66, 0, 30, 0xff, 0xe1, 0, byte(len(m.sps))}
		c = append(append(c, m.sps...), 1, 0, byte(len(m.pps)))
		config = made("avcC", append(c, m.pps...))
	}
	track := func(id uint32, kind string, sample []byte) []byte {
		return made("trak",
			made("tkhd", u32(7, 0, 0, id), make([]byte, 68)),
			made("edts", made("elst", u32(0, 1, 0, m.start, 0x10000))),
			made("mdia", made("mdhd", u32(0, 0, 0, m.timescale, 0, 0)), made("hdlr", u32(0, 0), []byte(kind), make([]byte, 13)),
				made("minf", made("stbl", made("stsd", u32(0, 1), sample)))))
	}
	entry := m.entry
	if entry == "" {
		entry = "avc1"
	}
	tracks := track(1, "vide", made(entry, make([]byte, visualEntry), config))
	if m.second {
		tracks = append(tracks, track(2, "soun", made("mp4a", make([]byte, 28)))...)
	}
	return append(made("ftyp", []byte("iso6")), made("moov", made("mvhd", make([]byte, 100)), tracks, made("mvex"))...)
}

// segment has one fragment of two samples of the picture, and behind them one
// of sound when there is a second track.
func (m movie) segment(decode uint32) []byte {
	moof := func(at1, at2 uint32) []byte {
		parts := [][]byte{
			made("mfhd", u32(0, 1)),
			made("traf", made("tfhd", u32(0x020000, 1)), made("tfdt", u32(0, decode)), made("trun", u32(0x205, 2, at1, 0x2000000, 5, 6))),
		}
		if m.second {
			parts = append(parts, made("traf", made("tfhd", u32(0x020000, 2)), made("tfdt", u32(0, decode)), made("trun", u32(0x201, 1, at2, 3))))
		}
		return made("moof", parts...)
	}
	size := uint32(len(moof(0, 0)))
	data := "aaaaabbbbbb"
	if m.second {
		data += "sss"
	}
	head := append(made("styp", []byte("msdh")), made("sidx", make([]byte, 32))...)
	return bytes.Join([][]byte{head, moof(size+8, size+8+11), made("mdat", []byte(data))}, nil)
}

func parsed(t *testing.T, m movie) Init {
	t.Helper()
	i, err := ParseInit(m.init())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestSplicePutsTheParameterSetsBeforeTheFirstSample(t *testing.T) {
	to := movie{sps: "SPS-low", pps: "p", timescale: 1000, start: 40}
	for name, from := range map[string]movie{
		"picture alone": {sps: "SPS-high-longer", pps: "pp", timescale: 1000},
		"with sound":    {sps: "SPS-high-longer", pps: "pp", timescale: 1000, second: true},
	} {
		t.Run(name, func(t *testing.T) {
			to := to
			to.second = from.second
			seg := from.segment(9000)
			out, used, err := Splice(seg, parsed(t, from), parsed(t, to))
			if err != nil {
				t.Fatal(err)
			}
			whole := append(out, seg[used:]...)
			sets := "\x00\x00\x00\x0fSPS-high-longer\x00\x00\x00\x02pp"
			if want := sets + "aaaaabbbbbb"; !strings.Contains(string(whole), want) {
				t.Fatalf("media data %q", whole[used:])
			}
			top, err := children(whole, 0, len(whole))
			if err != nil {
				t.Fatalf("boxes do not add up: %v", err)
			}
			if top[1].kind != "free" {
				t.Errorf("the index is still there: %q", top[1].kind)
			}
			checkRuns(t, whole, top, len(sets), from.second)
		})
	}
}

// checkRuns follows the runs to their data.
func checkRuns(t *testing.T, b []byte, top []box, grown int, sound bool) {
	t.Helper()
	moof, _ := find(b, top, "moof")
	list, err := inside(b, moof, 0)
	if err != nil {
		t.Fatal(err)
	}
	traf, _ := find(b, list, "traf")
	parts, _ := inside(b, traf, 0)
	tfdt, _ := find(b, parts, "tfdt")
	if at := binary.BigEndian.Uint32(tfdt.body(b)[4:]); at != 9040 {
		t.Errorf("decode time %d, want that of the other edit list", at)
	}
	trun, _ := find(b, parts, "trun")
	body := trun.body(b)
	if n := binary.BigEndian.Uint32(body[16:]); n != uint32(5+grown) {
		t.Errorf("first sample has %d bytes, want %d", n, 5+grown)
	}
	if n := binary.BigEndian.Uint32(body[20:]); n != 6 {
		t.Errorf("second sample has %d bytes", n)
	}
	if !sound {
		return
	}
	parts, _ = inside(b, list[2], 0)
	trun, _ = find(b, parts, "trun")
	at := moof.at + int(binary.BigEndian.Uint32(trun.body(b)[8:]))
	if string(b[at:at+3]) != "sss" {
		t.Errorf("sound is read from %q", b[at:at+3])
	}
}

func TestSpliceAsksForMoreUntilTheFirstSample(t *testing.T) {
	from := movie{sps: "high", pps: "p", timescale: 1000}
	to := movie{sps: "low", pps: "p", timescale: 1000}
	seg := from.segment(0)
	want, used, err := Splice(seg, parsed(t, from), parsed(t, to))
	if err != nil {
		t.Fatal(err)
	}
	for n := range used {
		if _, _, err := Splice(seg[:n], parsed(t, from), parsed(t, to)); !errors.Is(err, ErrShort) {
			t.Fatalf("with %d bytes: %v", n, err)
		}
	}
	got, _, err := Splice(seg[:used], parsed(t, from), parsed(t, to))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("with just enough: %v", err)
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	base := movie{sps: "a", pps: "b", timescale: 1000}
	for name, other := range map[string]movie{
		"clock": {sps: "a", pps: "b", timescale: 900},
		"sound": {sps: "a", pps: "b", timescale: 1000, second: true},
		"codec": {sps: "a", pps: "b", timescale: 1000, entry: "hvc1", hevc: true},
	} {
		if parsed(t, base).Fits(parsed(t, other)) {
			t.Errorf("another %s fits", name)
		}
	}
	hevc := movie{sps: "vps", pps: "sps", timescale: 1000, entry: "hev1", hevc: true}
	if i := parsed(t, hevc); i.Codec != "hev1" || string(i.parameters) != "\x00\x00\x00\x03vps\x00\x00\x00\x03sps" {
		t.Errorf("H.265: %+v", i)
	}
	if _, err := ParseInit(movie{entry: "encv", timescale: 1}.init()); !errors.Is(err, ErrUnfit) {
		t.Errorf("encrypted: %v", err)
	}
	av1 := Init{Tracks: 1, Track: 1, Timescale: 1000, Codec: "av01"}
	later := av1
	later.Start = 1
	if i := parsed(t, base); i.Plain(i) || !av1.Plain(av1) || av1.Plain(later) {
		t.Error("Plain does not look at parameter sets and start")
	}
}

func TestSegmentsThatCannotBeSpliced(t *testing.T) {
	m := movie{sps: "a", pps: "b", timescale: 1000}
	i := parsed(t, m)
	seg := m.segment(0)
	flag := func(kind string, bits uint32) []byte {
		b := bytes.Clone(seg)
		at := bytes.Index(b, []byte(kind)) + 4
		binary.BigEndian.PutUint32(b[at:], binary.BigEndian.Uint32(b[at:])^bits)
		return b
	}
	for name, b := range map[string][]byte{
		"absolute offsets": flag("tfhd", 1),
		"no data offset":   flag("trun", 1),
		"no sizes":         flag("trun", runSize),
		"encrypted":        bytes.Replace(seg, []byte("tfdt"), []byte("senc"), 1),
		"no fragment":      made("mdat", []byte("x")),
	} {
		if _, _, err := Splice(b, i, i); !errors.Is(err, ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSplice(f *testing.F) {
	m := movie{sps: "high", pps: "p", timescale: 1000}
	f.Add(m.init(), m.segment(5))
	two := movie{sps: "x", pps: "y", timescale: 1000, second: true}
	f.Add(two.init(), two.segment(1<<31))
	f.Add(movie{sps: "v", pps: "s", timescale: 1, entry: "hvc1", hevc: true}.init(), []byte{})
	to, err := ParseInit(m.init())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, init, seg []byte) {
		from, err := ParseInit(init)
		if err != nil {
			return
		}
		from.Tracks, from.Timescale, from.Track = to.Tracks, to.Timescale, to.Track
		out, used, err := Splice(seg, from, to)
		if err == nil && (used > len(seg) || len(out) != used+len(from.parameters)) {
			t.Errorf("%d bytes for %d", len(out), used)
		}
	})
}
