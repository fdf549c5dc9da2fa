package office

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// clocks are what a segment says: the decoding times of pictures, in 90 kHz,
// and the continuity counters by PID.
func clocks(t *testing.T, segment []byte) (times []uint64, counters map[uint16][]byte) {
	t.Helper()
	if len(segment)%packetSize != 0 {
		t.Fatalf("%d bytes are no whole packets", len(segment))
	}
	counters = map[uint16][]byte{}
	for p := range packets(segment) {
		if hasPayload(p) {
			counters[pidOf(p)] = append(counters[pidOf(p)], p[3]&0x0f)
		}
		payload, _ := unwrap(p)
		if p[1]&0x40 != 0 && isPES(payload) && payload[3] == 0xe0 {
			dts, ok := decodingTime(payload)
			if !ok {
				t.Fatal("a picture without a time")
			}
			times = append(times, dts)
		}
	}
	return times, counters
}

// numbered gives packets the continuity counters that a muxer would.
func numbered(segment []byte) []byte {
	next := map[uint16]byte{}
	for p := range packets(segment) {
		p[3] = p[3]&0xf0 | next[pidOf(p)]&0x0f
		next[pidOf(p)]++
	}
	return segment
}

// TestRoundsGoOn: from one round to the next, clocks and counters do what they
// do within one.
func TestRoundsGoOn(t *testing.T) {
	segment := numbered(tsSegment(90_000, 96, 3750))
	r := newRound(4 * time.Second)
	r.count(segment)
	for _, n := range []int64{0, 1, 7, 23_860, 30_000_000} {
		first, second := bytes.Clone(segment), bytes.Clone(segment)
		r.retime(first, n)
		r.retime(second, n+1)
		a, ca := clocks(t, first)
		b, cb := clocks(t, second)
		if want := (90_000 + uint64(n)*360_000) % clockTurn; a[0] != want {
			t.Errorf("round %d begins at %d, want %d", n, a[0], want)
		}
		if step := (b[0] + clockTurn - a[len(a)-1]) % clockTurn; step != 3750 {
			t.Errorf("round %d: %d ticks to the next, want 3750", n, step)
		}
		for pid := range ca {
			if last, next := ca[pid][len(ca[pid])-1], cb[pid][0]; next != (last+1)&0x0f {
				t.Errorf("round %d, PID %d: counter %d comes after %d", n, pid, next, last)
			}
		}
	}
}

func TestReferenceMoves(t *testing.T) {
	p := bytes.Repeat([]byte{0xff}, packetSize)
	copy(p, []byte{0x47, 0x01, 0x00, 0x20, 183, 0x10, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x7b}) // all 33 bits, extension 123
	r := newRound(time.Second)
	r.retime(p, 1)
	if want := []byte{0x00, 0x00, 0xaf, 0xc7, 0xfe, 0x7b}; !bytes.Equal(p[6:12], want) {
		t.Errorf("% x, want % x", p[6:12], want)
	}
}

// TestWhatIsNoMPEGTSStays, and so do the rest of a cut file and the first round.
func TestWhatIsNoMPEGTSStays(t *testing.T) {
	whole := tsSegment(0, 3, 3750)
	for name, b := range map[string][]byte{"text": []byte("#EXTM3U\n"), "empty": nil, "half a packet": whole[:100]} {
		got := bytes.Clone(b)
		r := newRound(time.Second)
		r.count(got)
		if r.retime(got, 5); !bytes.Equal(got, b) {
			t.Errorf("%s was changed", name)
		}
	}
	got := bytes.Clone(whole)
	if newRound(time.Second).retime(got, 0); !bytes.Equal(got, whole) {
		t.Error("the first round was changed")
	}
}

// TestChannelIsOneStream: two rounds of the served channel, one after the
// other, and the same of parts.
func TestChannelIsOneStream(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	house := newOffice(t, Options{Streams: partStreams(t), Now: func() time.Time { return now }})
	c, _ := openChannel(t)
	last := c.loop.newest(now)
	var all []byte
	for msn := last - 5; msn <= last; msn++ {
		w := ask(house, "GET", fmt.Sprintf("/streams/live/240p/%d.ts", msn), "")
		if w.Code != http.StatusOK {
			t.Fatalf("segment %d: %d", msn, w.Code)
		}
		all = append(all, w.Body.Bytes()...)
	}
	times, _ := clocks(t, all)
	for i := range times[1:] {
		if step := (times[i+1] + clockTurn - times[i]) % clockTurn; step != 3750 {
			t.Fatalf("picture %d of %d comes after %d ticks", i+1, len(times), step)
		}
	}
	tags := map[string]bool{}
	for _, msn := range []int64{last, last - int64(len(c.loop))} {
		tags[ask(house, "GET", fmt.Sprintf("/streams/live/240p/%d.ts", msn), "").Header().Get("ETag")] = true
	}
	if len(tags) != 2 {
		t.Error("two rounds of a segment have one ETag, and other bytes")
	}
}

func FuzzRetime(f *testing.F) {
	f.Add(tsSegment(0, 2, 3750), int64(3))
	f.Add([]byte{0x47}, int64(0))
	f.Fuzz(func(t *testing.T, b []byte, n int64) {
		before := bytes.Clone(b)
		r := newRound(time.Minute)
		r.count(b)
		r.retime(b, n)
		for i := 0; i < len(b); i += packetSize {
			if b[i] != before[i] {
				t.Fatalf("byte %d was changed", i)
			}
		}
	})
}
