package office

import "time"

// The loop begins again every round. For players that take no notice of
// EXT-X-DISCONTINUITY (FFmpeg does not) its clocks and continuity counters go
// on nevertheless, so that the channel is one stream without an end.

// round is by how much a round of the loop moves what is in MPEG-TS packets.
type round struct {
	ticks  uint64            // of the clock of 90 kHz
	counts map[uint16]uint64 // packets with a payload, by PID
}

func newRound(length time.Duration) round {
	return round{ticks: uint64(length.Microseconds()) * 9 / 100, counts: map[uint16]uint64{}}
}

// count takes in a segment of the loop.
func (r round) count(segment []byte) {
	for p := range packets(segment) {
		if hasPayload(p) {
			r.counts[pidOf(p)]++
		}
	}
}

// retime moves a segment of the loop, or a part of one, to the nth round. What
// is no MPEG-TS stays as it is.
func (r round) retime(segment []byte, n int64) {
	ticks := uint64(n) * r.ticks % clockTurn
	for p := range packets(segment) {
		count := uint64(n) * r.counts[pidOf(p)] // wraps at a multiple of 16
		p[3] = p[3]&0xf0 | byte(uint64(p[3])+count)&0x0f
		if p[3]&0x20 != 0 && p[4] >= 7 && p[5]&0x10 != 0 {
			moveReference(p[6:], ticks)
		}
		if payload, _ := unwrap(p); p[1]&0x40 != 0 {
			moveStamps(payload, ticks)
		}
	}
}

// packets goes through MPEG-TS until something else comes.
func packets(b []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) >= packetSize && b[0] == 0x47; b = b[packetSize:] {
			if !yield(b[:packetSize:packetSize]) {
				return
			}
		}
	}
}

func pidOf(p []byte) uint16    { return uint16(p[1]&0x1f)<<8 | uint16(p[2]) }
func hasPayload(p []byte) bool { return p[3]&0x10 != 0 }
func hasPTS(pes []byte) bool   { return len(pes) >= 14 && pes[7]&0x80 != 0 }
func hasDTS(pes []byte) bool   { return len(pes) >= 19 && pes[7]&0x40 != 0 }
func isPES(payload []byte) bool {
	return len(payload) >= 9 && payload[0] == 0 && payload[1] == 0 && payload[2] == 1
}

func carriesTime(id byte) bool { return id&0xe0 == 0xc0 || id&0xf0 == 0xe0 || id == 0xbd || id == 0xfd }

// moveReference moves a PCR (ISO/IEC 13818-1 section 2.4.3.5): 33 bits of
// 90 kHz, of which the last is in the byte with the extension.
func moveReference(b []byte, ticks uint64) {
	t := uint64(b[0])<<25 | uint64(b[1])<<17 | uint64(b[2])<<9 | uint64(b[3])<<1 | uint64(b[4])>>7
	t = (t + ticks) % clockTurn
	b[0], b[1], b[2], b[3] = byte(t>>25), byte(t>>17), byte(t>>9), byte(t>>1)
	b[4] = b[4]&0x7f | byte(t&1)<<7
}

// moveStamps moves PTS and DTS of a PES packet that begins here (section 2.4.3.7).
func moveStamps(pes []byte, ticks uint64) {
	if !isPES(pes) || !carriesTime(pes[3]) {
		return
	}
	if hasPTS(pes) {
		moveStamp(pes[9:14], ticks)
		if hasDTS(pes) {
			moveStamp(pes[14:19], ticks)
		}
	}
}

func moveStamp(b []byte, ticks uint64) {
	t := uint64(b[0]>>1&7)<<30 | uint64(b[1])<<22 | uint64(b[2]>>1)<<15 | uint64(b[3])<<7 | uint64(b[4]>>1)
	t = (t + ticks) % clockTurn
	b[0] = b[0]&0xf1 | byte(t>>29)&0x0e
	b[1], b[2] = byte(t>>22), byte(t>>14)|1
	b[3], b[4] = byte(t>>7), byte(t<<1)|1
}
