package office

import (
	"bytes"
	"testing"
	"time"
)

// tsPacket is one packet that begins a PES packet or a table; data is its
// payload, and random sets the mark of a picture where decoding can begin.
func tsPacket(pid uint16, random bool, data []byte) []byte {
	p := bytes.Repeat([]byte{0xff}, packetSize)
	copy(p, []byte{0x47, 0x40 | byte(pid>>8), byte(pid), 0x10})
	if !random {
		copy(p[4:], data)
		return p
	}
	p[3] = 0x30
	p[4], p[5] = 1, 0x40
	copy(p[6:], data)
	return p
}

// pesHeader is a PES packet with a PTS of its own and, when there is one, a DTS.
func pesHeader(id byte, pts uint64, dts ...uint64) []byte {
	stamp := func(mark byte, v uint64) []byte {
		v %= clockTurn
		return []byte{mark | byte(v>>29)&0xe | 1, byte(v >> 22), byte(v>>14) | 1, byte(v >> 7), byte(v<<1) | 1}
	}
	h := []byte{0, 0, 1, id, 0, 0, 0x80, 0x80, 5}
	if len(dts) > 0 {
		h[7], h[8] = 0xc0, 10
		return append(append(h, stamp(0x30, pts)...), stamp(0x10, dts[0])...)
	}
	return append(h, stamp(0x20, pts)...)
}

// tsSegment is a segment of pictures that are ticks of 90 kHz apart, with
// tables and sound before every sixth.
func tsSegment(first uint64, pictures int, ticks uint64) []byte {
	out := tsPacket(17, false, []byte{0, 0x42}) // the service description comes first, as FFmpeg has it
	for i := range pictures {
		dts := first + uint64(i)*ticks
		if i%6 == 0 {
			out = append(out, tsPacket(257, false, pesHeader(0xc0, dts))...)
			out = append(out, tsPacket(0, false, []byte{0, 0, 0xb0})...)
			out = append(out, tsPacket(4096, false, []byte{0, 2, 0xb0})...)
		}
		out = append(out, tsPacket(256, i == 0, pesHeader(0xe0, dts+2*ticks, dts))...)
		more := tsPacket(256, false, nil)
		more[1] &^= 0x40
		out = append(out, more...)
	}
	return out
}

func TestCutSegment(t *testing.T) {
	ms := time.Millisecond
	for name, tc := range map[string]struct {
		segment []byte
		length  time.Duration
		lengths []time.Duration
	}{
		"24 pictures a second": {tsSegment(9000, 96, 3750), 4 * time.Second, []time.Duration{1000 * ms, 1000 * ms, 1000 * ms, 1000 * ms}},
		"the clock turns":      {tsSegment(clockTurn-90_000, 48, 3750), 2 * time.Second, []time.Duration{1000 * ms, 1000 * ms}},
		"a short rest":         {tsSegment(0, 30, 3600), 1200 * ms, []time.Duration{1000 * ms, 200 * ms}},
		"one and a half":       {tsSegment(0, 3, 60_000), 2 * time.Second, []time.Duration{2 * time.Second * 1 / 3, 2 * time.Second * 1 / 3, 2*time.Second - 2*(2*time.Second*1/3)}},
		"slower than parts":    {tsSegment(0, 2, 180_000), 4 * time.Second, []time.Duration{2 * time.Second, 2 * time.Second}},
		"the list is shorter":  {tsSegment(0, 96, 3750), 2500 * ms, []time.Duration{1000 * ms, 1000 * ms, 500 * ms}},
		"one picture":          {tsSegment(0, 1, 1), 500 * ms, []time.Duration{500 * ms}},
	} {
		parts, err := cutSegment(bytes.NewReader(tc.segment), tc.length)
		if err != nil || len(parts) != len(tc.lengths) {
			t.Errorf("%s: %+v, %v", name, parts, err)
			continue
		}
		checkTiling(t, parts, int64(len(tc.segment)), tc.length)
		for i, p := range parts {
			if d := p.length - tc.lengths[i]; d.Abs() > time.Microsecond || p.independent != (i == 0) {
				t.Errorf("%s: part %d is %+v, want %v", name, i, p, tc.lengths[i])
			}
		}
	}
}

// TestTablesStayWithTheirPicture: PAT and PMT right before a picture go into its
// part, so that a player that begins there has them.
func TestTablesStayWithTheirPicture(t *testing.T) {
	segment := tsSegment(0, 96, 3750)
	parts, err := cutSegment(bytes.NewReader(segment), 4*time.Second)
	if err != nil || len(parts) != 4 {
		t.Fatal(parts, err)
	}
	for _, p := range parts[1:] {
		if pat, pmt := segment[p.from:p.from+3], segment[p.from+packetSize:p.from+packetSize+3]; pat[2] != 0 || pmt[1] != 0x50 {
			t.Errorf("part at %d begins with %x, %x", p.from, pat, pmt)
		}
	}
}

func TestWhatIsNotMPEGTSIsNotCut(t *testing.T) {
	segment := tsSegment(0, 5, 3750)
	for name, bad := range map[string][]byte{
		"nothing": nil, "text": []byte("zero"), "half a packet": segment[:len(segment)-1],
		"no sync": append(bytes.Clone(segment), make([]byte, packetSize)...), "no picture": segment[:3*packetSize],
	} {
		if parts, err := cutSegment(bytes.NewReader(bad), time.Second); err == nil {
			t.Errorf("%s: %+v", name, parts)
		}
	}
}

// checkTiling checks that parts are the whole segment in bytes and in time.
func checkTiling(t *testing.T, parts []part, size int64, length time.Duration) {
	t.Helper()
	var at int64
	var sum time.Duration
	for _, p := range parts {
		if p.from != at || p.size <= 0 || p.length <= 0 || p.from%packetSize != 0 {
			t.Errorf("part %+v does not follow byte %d", p, at)
		}
		at, sum = at+p.size, sum+p.length
	}
	if at != size || sum != length {
		t.Errorf("parts have %d of %d bytes, %v of %v", at, size, sum, length)
	}
}

func FuzzCutSegment(f *testing.F) {
	f.Add(tsSegment(0, 96, 3750), int64(4_000_000))
	f.Add(tsSegment(clockTurn-5, 9, 45_000), int64(1))
	f.Add(tsPacket(256, true, pesHeader(0xe0, 7)), int64(60_000_000))
	f.Fuzz(func(t *testing.T, segment []byte, micros int64) {
		if micros < 1 || micros > 60_000_000 {
			return // readLoop gives no others
		}
		length := time.Duration(micros) * time.Microsecond
		if parts, err := cutSegment(bytes.NewReader(segment), length); err == nil {
			checkTiling(t, parts, int64(len(segment)), length)
		}
	})
}
