package mpris

import "time"

// Bounds of the position model.
const (
	jump     = 750 * time.Millisecond // a reading further off than this is a seek made elsewhere
	spurious = 500 * time.Millisecond // a Seeked within this of the model says nothing new
	frozen   = time.Second            // a position that stands this long while playing is a stall
	several  = 3                      // readings that agree are not outweighed by one that does not
	certain  = 200 * time.Millisecond // a jump that nobody asked for is believed when it lasts this long
)

// model knows where the picture is between readings: an anchor, the rate, and
// whether it moves.
type model struct {
	pos     time.Duration
	at      time.Time // when pos was true
	rate    float64
	rolling bool
	held    bool

	read    time.Duration // the last reading
	readSet bool
	changed time.Time // when a reading last differed from the one before

	doubt   bool // the last reading was a jump, and is not believed yet
	doubted time.Duration
	since   time.Time // of the doubt
	seen    int       // readings that bore it out
	missed  bool      // one reading after them did not
}

// now is the position at t.
func (m *model) now(t time.Time) time.Duration {
	if !m.rolling || m.at.IsZero() {
		return m.pos
	}
	return max(m.pos+time.Duration(float64(t.Sub(m.at))*m.rate), 0)
}

// anchor says that the position was pos at t, whatever was thought before.
func (m *model) anchor(pos time.Duration, t time.Time) {
	m.pos, m.at, m.doubt = pos, t, false
	m.read, m.readSet, m.changed = pos, true, t
}

// roll starts or stops the model at t.
func (m *model) roll(rolling bool, rate float64, t time.Time) {
	if rolling == m.rolling && rate == m.rate {
		return
	}
	m.pos, m.at = m.now(t), t
	m.rolling, m.rate = rolling, rate
}

// hold notes whether the picture is held on purpose: standing still then is no
// stall, and the wait for movement begins anew after it.
func (m *model) hold(held bool, t time.Time) {
	if m.held && !held {
		m.changed = t
	}
	m.held = held
}

// observe takes a reading and says whether it shows a jump, such as a seek made
// elsewhere. A jump is believed when the readings after it agree: mpv shows
// another place for a moment when its sound is switched, and some players say 0
// in mid-play. step is the quirk: within it the model is smoother than the
// player.
func (m *model) observe(pos time.Duration, t time.Time, step time.Duration) (jumped bool) {
	expected := m.now(t)
	off := (pos - expected).Abs()
	jumped = m.readSet && off > max(jump, step)
	if jumped && !m.confirmed(pos, t, step) {
		return false
	}
	m.contradict()
	if !m.readSet || pos != m.read {
		m.read, m.readSet, m.changed = pos, true, t
	} else if m.rolling && t.Sub(m.changed) < step+frozen && step > 0 {
		return false // between two steps: the model knows better
	}
	m.pos, m.at = pos, t
	if off < step && m.rolling {
		m.pos = expected // a coarse reading is worse than the model
	}
	return jumped
}

// confirmed says whether the reading pos bears out the doubtful one before it,
// for long enough; if not it is the one to be borne out.
func (m *model) confirmed(pos time.Duration, t time.Time, step time.Duration) bool {
	moved := time.Duration(float64(t.Sub(m.since)) * m.rate)
	still, on := (pos - m.doubted).Abs(), (pos - m.doubted - moved).Abs() // held, or playing whatever was thought
	if m.doubt && min(still, on) <= max(jump, step) {
		m.seen, m.missed = m.seen+1, false
		return t.Sub(m.since) >= certain
	}
	m.doubt, m.doubted, m.since, m.seen, m.missed = true, pos, t, 1, false
	return false
}

// contradict takes a reading that agrees with the model. One alone does not
// outweigh several that agreed on another place: it may be the false one, and
// the model may be where another false one put it.
func (m *model) contradict() {
	if m.doubt && m.seen >= several && !m.missed {
		m.missed = true
		return
	}
	m.doubt = false
}

// stalled says whether the readings stood still for too long at t.
func (m *model) stalled(t time.Time, step time.Duration) bool {
	return m.readSet && t.Sub(m.changed) >= step+frozen
}
