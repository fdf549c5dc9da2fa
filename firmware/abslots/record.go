//go:build linux

package abslots

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"usher/firmware"
)

// A record is one sector of 512 bytes, numbers little-endian:
//
//	  0  4  magic "USHB"
//	  4  1  version, 1
//	  5  1  primary slot, 0 or 1
//	  8  8  sequence, from 1; even ones are copy 0, odd ones copy 1
//	 16  8  floor: the lowest counter that may be written
//	 24  8  failed: the counter of the release that failed last; 0 none
//	 32  …  slot 0, 200 bytes
//	232  …  slot 1, 200 bytes
//	508  4  CRC-32C of all before
//
// A slot:
//
//	 0  1  state        1  1  attempts left      2  1  length of the version    3  1  length of the reason
//	 8  8  counter     16  8  size of the image  24 32  digest of the image (firmware.Release.Image)
//	56 64  version    120 32  reason            152  …  zeros
const (
	recordSize    = 512
	recordMagic   = "USHB"
	recordVersion = 1
	recordSum     = recordSize - 4
	slotAt        = 32
	slotBytes     = 200
	versionAt     = 56
	maxVersion    = 64
	reasonAt      = 120
	maxReason     = 32
)

// record is the whole truth about what to start.
type record struct {
	seq     uint64
	primary int
	floor   uint64
	failed  uint64
	slots   [2]slot
}

// slot is one of the two as the record has it.
type slot struct {
	state    firmware.State
	attempts uint8
	counter  uint64
	size     int64
	image    firmware.Sum
	version  string
	reason   firmware.Reason
}

var errRecord = errors.New("not a boot record")

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // cached by the package

// encode cuts texts that do not fit: they are for people.
func (r record) encode() []byte {
	b := make([]byte, recordSize)
	copy(b, recordMagic)
	b[4], b[5] = recordVersion, byte(r.primary)
	le := binary.LittleEndian
	le.PutUint64(b[8:], r.seq)
	le.PutUint64(b[16:], r.floor)
	le.PutUint64(b[24:], r.failed)
	for i, s := range r.slots {
		s.encode(b[slotAt+i*slotBytes:])
	}
	le.PutUint32(b[recordSum:], crc32.Checksum(b[:recordSum], castagnoli()))
	return b
}

func (s slot) encode(b []byte) {
	version, reason := s.version[:min(len(s.version), maxVersion)], s.reason[:min(len(s.reason), maxReason)]
	b[0], b[1], b[2], b[3] = byte(s.state), s.attempts, byte(len(version)), byte(len(reason))
	le := binary.LittleEndian
	le.PutUint64(b[8:], s.counter)
	le.PutUint64(b[16:], uint64(s.size))
	copy(b[24:], s.image[:])
	copy(b[versionAt:], version)
	copy(b[reasonAt:], reason)
}

// decode reads copy number n (0 or 1).
func decode(b []byte, n int) (record, error) {
	le := binary.LittleEndian
	if len(b) != recordSize || string(b[:4]) != recordMagic || le.Uint32(b[recordSum:]) != crc32.Checksum(b[:recordSum], castagnoli()) {
		return record{}, errRecord
	}
	if b[4] != recordVersion {
		return record{}, fmt.Errorf("%w: of version %d", errRecord, b[4])
	}
	r := record{seq: le.Uint64(b[8:]), primary: int(b[5]), floor: le.Uint64(b[16:]), failed: le.Uint64(b[24:])}
	if r.primary > 1 || r.seq == 0 || r.seq%2 != uint64(n) {
		return record{}, errRecord
	}
	for i := range r.slots {
		s := b[slotAt+i*slotBytes : slotAt+(i+1)*slotBytes]
		if s[0] > byte(firmware.Bad) || s[2] > maxVersion || s[3] > maxReason {
			return record{}, errRecord
		}
		r.slots[i] = slot{
			state: firmware.State(s[0]), attempts: s[1], counter: le.Uint64(s[8:]), size: int64(le.Uint64(s[16:])),
			image: firmware.Sum(s[24:versionAt]), version: string(s[versionAt : versionAt+int(s[2])]), reason: firmware.Reason(s[reasonAt : reasonAt+int(s[3])]),
		}
	}
	return r, nil
}

// attempts is how often a new firmware may try to start.
const attempts = 3

// starts is what a boot loader does with a record: which slot it starts, and the
// record that it leaves. A slot on trial loses an attempt; one that has none
// left is bad, and the other starts. When nothing is left that ever ran, the
// last resort is whichever slot is whole.
func (r record) starts() (int, record) {
	p, other := r.primary, 1-r.primary
	switch s := &r.slots[p]; {
	case s.state == firmware.Good:
	case s.state == firmware.Trying && s.attempts > 0:
		s.attempts--
	case s.state == firmware.Trying && runs(r.slots[other]):
		s.state, s.reason, r.failed = firmware.Bad, firmware.NoStart, s.counter
		r.primary = other
	case !runs(r.slots[p]) && runs(r.slots[other]):
		r.primary = other
	}
	return r.primary, r
}

// runs says that a slot is whole and was not found bad.
func runs(s slot) bool { return s.state == firmware.Good || s.state == firmware.Trying }
