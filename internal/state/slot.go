package state

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"usher/internal/box"
)

// A slot of the running file, 512 bytes, numbers little-endian:
//
//	 0  4  magic "USHR"
//	 4  1  version, 1
//	 5  1  flags: bit 0 finished
//	 6  2  length of the title id
//	 8  8  sequence, from 1; even ones live in slot 0, odd ones in slot 1
//	16  8  position in ms
//	24  8  duration in ms
//	32  8  updated, Unix time in ms
//	40  …  title id, then zeros
//	508 4  CRC-32C of all before
const (
	slotSize    = 512
	slotMagic   = "USHR"
	slotVersion = 1
	slotHead    = 40
	slotSum     = slotSize - 4
)

// Both constants must agree: an id that fits a slot fits the store.
const _ = uint(slotSum - slotHead - MaxID)

type slot struct {
	seq      uint64 // 0: none
	id       string
	progress box.Progress
}

var errSlot = errors.New("not a slot")

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // cached by the package

// encode needs an id of at most MaxID bytes.
func (s slot) encode() []byte {
	b := make([]byte, slotSize)
	copy(b, slotMagic)
	b[4] = slotVersion
	if s.progress.Finished {
		b[5] = 1
	}
	le := binary.LittleEndian
	le.PutUint16(b[6:], uint16(len(s.id)))
	le.PutUint64(b[8:], s.seq)
	le.PutUint64(b[16:], uint64(s.progress.PositionMS))
	le.PutUint64(b[24:], uint64(s.progress.DurationMS))
	le.PutUint64(b[32:], uint64(s.progress.UpdatedMS))
	copy(b[slotHead:slotSum], s.id)
	le.PutUint32(b[slotSum:], crc32.Checksum(b[:slotSum], castagnoli()))
	return b
}

// decodeSlot reads slot number n (0 or 1).
func decodeSlot(b []byte, n int) (slot, error) {
	le := binary.LittleEndian
	if len(b) != slotSize || string(b[:4]) != slotMagic || b[4] != slotVersion || b[5] > 1 ||
		le.Uint32(b[slotSum:]) != crc32.Checksum(b[:slotSum], castagnoli()) {
		return slot{}, errSlot
	}
	idLen := int(le.Uint16(b[6:]))
	s := slot{seq: le.Uint64(b[8:]), progress: box.Progress{
		PositionMS: int64(le.Uint64(b[16:])),
		DurationMS: int64(le.Uint64(b[24:])),
		Finished:   b[5] == 1,
		UpdatedMS:  int64(le.Uint64(b[32:])),
	}}
	if idLen == 0 || idLen > MaxID || s.seq == 0 || s.seq%2 != uint64(n) {
		return slot{}, errSlot
	}
	s.id = string(b[slotHead : slotHead+idLen])
	return s, nil
}
