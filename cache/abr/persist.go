package abr

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// ErrState says that stored bytes are not a meter's, or of a version that this
// one does not read. The meter is then as it was.
var ErrState = errors.New("not the state of a link meter")

const (
	stateVersion = 1
	stateSize    = 1 + 4*8
	priorWeight  = 3.0 // seconds of traffic that what was stored counts for
	maxRate      = 1e12
	maxAge       = 90 * 24 * time.Hour
)

// MarshalBinary stores what the meter knows, for the next start on the same
// network. It is 33 bytes, and never fails.
func (m *Meter) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, stateSize)
	b = append(b, stateVersion)
	for _, f := range []float64{m.rate.value(), m.long.value(), m.latency.value()} {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(f))
	}
	at := m.last
	if at.IsZero() {
		at = m.saved
	}
	return binary.BigEndian.AppendUint64(b, uint64(max(0, at.Unix()))), nil
}

// UnmarshalBinary makes the meter begin with what was stored. It weighs as much
// as a few seconds of traffic, so that a link that has changed is soon seen.
// The error is ErrState.
func (m *Meter) UnmarshalBinary(b []byte) error {
	if len(b) != stateSize || b[0] != stateVersion {
		return ErrState
	}
	var f [3]float64
	for i := range f {
		f[i] = math.Float64frombits(binary.BigEndian.Uint64(b[1+8*i:]))
		if !(f[i] >= 0 && f[i] <= maxRate) { // NaN as well
			return ErrState
		}
	}
	at := binary.BigEndian.Uint64(b[25:])
	if at > math.MaxInt32*4 {
		return ErrState
	}
	rate, long, latency := f[0], f[1], min(f[2], 60)
	*m = Meter{}
	if long == 0 {
		return nil
	}
	m.saved, m.samples = time.Unix(int64(at), 0), 1
	m.rate = mean{w: priorWeight, sum: priorWeight * min(rate, long)}
	m.long = mean{w: priorWeight, sum: priorWeight * long}
	if latency > 0 {
		m.latency = mean{w: 1, sum: latency}
	}
	return nil
}
