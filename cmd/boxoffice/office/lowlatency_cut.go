package office

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"
)

// part is a piece of a segment that is told of, and sent, before the segment is
// complete (rfc8216bis section 4.4.4.9). A segment's parts, one after the
// other, are the segment, byte for byte.
type part struct {
	from, size  int64 // bytes of the segment
	length      time.Duration
	independent bool // begins with a picture that needs none before it
}

// partLength is what parts are cut to: never longer unless a single picture is.
const partLength = time.Second

const (
	packetSize = 188 // of MPEG-TS, ISO/IEC 13818-1 section 2.4.3.2
	clockTurn  = 1 << 33
	noTables   = -1
)

// cutter finds where a segment can be cut: before a packet that begins a
// picture, with the tables that stand right before it.
type cutter struct {
	at      int64           // offset of the packet in hand
	tables  int64           // offset of the tables before it, or noTables
	streams map[uint16]bool // PIDs that carry pictures or sound
	begun   bool
	first   uint64 // decoding time of the first picture, 90 kHz
	cuts    []cutPoint
	before  cutPoint // the last place where a cut could be
}

type cutPoint struct {
	at     int64
	time   time.Duration // since the first picture
	random bool
}

// cutSegment gives the parts of an MPEG-TS segment of a duration.
func cutSegment(r io.Reader, length time.Duration) ([]part, error) {
	c := cutter{tables: noTables, streams: map[uint16]bool{}}
	in := bufio.NewReaderSize(r, 64<<10)
	var p [packetSize]byte
	for {
		_, err := io.ReadFull(in, p[:])
		if errors.Is(err, io.EOF) && c.begun {
			return c.parts(length), nil
		}
		if err == nil && p[0] != 0x47 {
			err = errors.New("no sync byte")
		}
		if err != nil {
			return nil, fmt.Errorf("read MPEG-TS packet at %d: %w", c.at, err)
		}
		c.packet(p[:])
		c.at += packetSize
	}
}

// packet takes the next packet. Tables (PAT, PMT) are what is neither the PAT
// nor of a PID that has begun a PES packet.
func (c *cutter) packet(p []byte) {
	pid := uint16(p[1]&0x1f)<<8 | uint16(p[2])
	starts := p[1]&0x40 != 0
	payload, random := unwrap(p)
	if pid == 0 && starts {
		if c.tables == noTables {
			c.tables = c.at
		}
		return
	}
	pes := starts && len(payload) >= 4 && payload[0] == 0 && payload[1] == 0 && payload[2] == 1
	if pes {
		c.streams[pid] = true
	}
	if !c.streams[pid] {
		return
	}
	if pes && payload[3]&0xf0 == 0xe0 { // video, section 2.4.3.7
		c.picture(payload, random)
	}
	c.tables = noTables
}

// unwrap gives a packet's payload, and whether decoding can begin with it
// (section 2.4.3.4).
func unwrap(p []byte) (payload []byte, random bool) {
	payload = p[4:]
	if p[3]&0x20 != 0 { // an adaptation field
		n := int(p[4])
		if n >= len(payload) {
			return nil, false
		}
		random = n > 0 && p[5]&0x40 != 0
		payload = payload[n+1:]
	}
	if p[3]&0x10 == 0 {
		return nil, random
	}
	return payload, random
}

// picture notes that one begins here.
func (c *cutter) picture(pes []byte, random bool) {
	stamp, ok := decodingTime(pes)
	if !ok {
		return
	}
	point := cutPoint{at: c.at, random: random}
	if c.tables != noTables {
		point.at = c.tables
	}
	if !c.begun {
		c.begun, c.first = true, stamp
		c.cuts, c.before = []cutPoint{{random: random}}, cutPoint{}
		return
	}
	ticks := (stamp - c.first) % clockTurn
	if ticks >= clockTurn/2 {
		return // before the first: a clock that jumps is no place to cut
	}
	point.time = time.Duration(ticks) * time.Second / 90_000
	c.offer(point)
}

// offer cuts at the last place that keeps the part within its length.
func (c *cutter) offer(p cutPoint) {
	last := c.cuts[len(c.cuts)-1]
	if p.time-last.time > partLength && c.before.time > last.time {
		c.cuts = append(c.cuts, c.before)
	}
	if p.time > c.before.time {
		c.before = p
	}
}

// decodingTime reads the DTS of a PES packet, or the PTS when there is none
// (section 2.4.3.7).
func decodingTime(pes []byte) (uint64, bool) {
	if len(pes) < 14 || pes[7]&0x80 == 0 {
		return 0, false
	}
	b := pes[9:14]
	if pes[7]&0x40 != 0 {
		if len(pes) < 19 {
			return 0, false
		}
		b = pes[14:19]
	}
	return uint64(b[0]>>1&7)<<30 | uint64(b[1])<<22 | uint64(b[2]>>1)<<15 | uint64(b[3])<<7 | uint64(b[4]>>1), true
}

// parts ends the cutting. The durations of the parts add up to the segment's,
// whatever its clock says.
func (c *cutter) parts(length time.Duration) []part {
	c.offer(cutPoint{at: c.at, time: length})
	var all []part
	for i, cut := range c.cuts {
		if cut.time >= length && i > 0 {
			break
		}
		if i > 0 {
			all[i-1].size, all[i-1].length = cut.at-all[i-1].from, cut.time-c.cuts[i-1].time
		}
		all = append(all, part{from: cut.at, size: c.at - cut.at, length: length - cut.time, independent: cut.random})
	}
	return all
}
