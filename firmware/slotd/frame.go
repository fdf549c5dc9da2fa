//go:build linux

package slotd

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"usher/firmware"
	"usher/firmware/image"
)

// A frame is a letter, the length of what follows (4 bytes, big-endian), and
// that. A connection carries one call:
//
//	caller  call      what it wants, JSON
//	helper  ask       what it needs for that, JSON      ┐ as often
//	caller  data      the bytes that were asked for     │ as it
//	        missing   there is no such thing            │ takes
//	        failed    it cannot be had                  ┘
//	helper  progress  JSON, at any time
//	helper  result    JSON, and it is over
//
// After the result of opRunning one byte follows that carries a descriptor. The
// caller ends a call early by shutting its side of the connection, and still
// gets a result.
const (
	frameCall     = 'c'
	frameAsk      = 'a'
	frameData     = 'd'
	frameMissing  = 'm'
	frameFailed   = 'f'
	frameProgress = 'p'
	frameResult   = 'r'

	frameHead = 5
	maxWords  = 64 << 10 // of a frame of JSON, bytes
	maxHints  = int64(4 + firmware.MaxChunks*len(firmware.Hint{}))
)

// The operations.
const (
	opSlots    = "slots"
	opWrite    = "write"
	opActivate = "activate"
	opGood     = "good"
	opBad      = "bad"
	opRunning  = "running"
)

// call is what a caller wants.
type call struct {
	Op      string          `json:"op"`
	Version string          `json:"version,omitempty"` // opWrite
	Image   firmware.Sum    `json:"image,omitzero"`    // opWrite: of the whole, firmware.Release.Image
	Reason  firmware.Reason `json:"reason,omitempty"`  // opBad
}

// The things that are asked for.
const (
	askMetadata    = "metadata"
	askDescription = "description"
	askChunk       = "chunk"
	askEarly       = "early" // a chunk, if it is at hand: missing is later, failed is that none ever is
	askHints       = "hints" // 4 bytes, big-endian, and a firmware.Hint for each chunk
)

// ask is what the helper needs.
type ask struct {
	What   string       `json:"what"`
	Name   string       `json:"name,omitempty"`
	Sum    firmware.Sum `json:"sum,omitzero"`
	Length int64        `json:"length"` // of metadata the most, of anything else exactly so many bytes
	Chunk  int          `json:"chunk"`
}

// check refuses what no helper of ours asks for.
func (a ask) check() error {
	most := int64(0)
	switch a.What {
	case askMetadata:
		most = 1 << 20
	case askDescription:
		most = image.MaxDescription
	case askChunk, askEarly:
		most = firmware.MaxChunk
	case askHints:
		most = maxHints
	}
	if a.Length <= 0 || a.Length > most || a.Chunk < 0 || a.Chunk >= firmware.MaxChunks {
		return fmt.Errorf("%w: asks for %d bytes of %q", errFrame, a.Length, a.What)
	}
	return nil
}

// result is how a call ended.
type result struct {
	Reason firmware.Reason `json:"reason,omitempty"`
	Error  string          `json:"error,omitempty"` // both are empty when it went well
	Slots  []slotInfo      `json:"slots,omitempty"`
	Floor  uint64          `json:"floor,omitempty"`
	Size   int64           `json:"size,omitempty"` // of the slot that runs, bytes
}

// slotInfo is firmware.SlotInfo with its state.
type slotInfo struct {
	firmware.SlotInfo
	State firmware.State `json:"state"`
}

// errFrame says that the other side does not speak as it should.
var errFrame = errors.New("not a message of usher's slots")

// appendFrame makes a frame.
func appendFrame(b []byte, kind byte, body []byte) []byte {
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

// sendWords sends a frame of JSON.
func sendWords(w io.Writer, kind byte, words any) error {
	body, err := json.Marshal(words)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	if len(body) > maxWords {
		return fmt.Errorf("%w: %d bytes of words", errFrame, len(body))
	}
	_, err = w.Write(appendFrame(nil, kind, body))
	return err
}

// sendBytes sends a frame without a copy of its body.
func sendBytes(w io.Writer, kind byte, body []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// readHead reads the beginning of a frame, and not a byte more.
func readHead(r io.Reader) (kind byte, length int64, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, err
	}
	return head[0], int64(binary.BigEndian.Uint32(head[1:])), nil
}

// readWords reads the rest of a frame of JSON.
func readWords(r io.Reader, length int64, into any) error {
	if length > maxWords {
		return fmt.Errorf("%w: %d bytes of words", errFrame, length)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return nil
}
