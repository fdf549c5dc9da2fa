package prefetch

import (
	"encoding/json"
	"time"
)

// keepEvery is how often what was learned is stored at most: a record costs
// the flash some 28 KiB, and a quarter of an hour of habits is no loss.
const keepEvery = 15 * time.Minute

// record is what is kept on the box.
type record struct {
	Version int    `json:"v"`
	Day     int64  `json:"day"`    // Unix time of the midnight that the bytes count from
	Bytes   int64  `json:"bytes"`  // spent since
	Flash   int64  `json:"flash"`  // of these
	Habits  []byte `json:"habits"` // see Habits.MarshalBinary
}

const recordVersion = 1

// load reads the record. One that is damaged or of another version is no
// loss: habits are learned again.
func (r *Runner) load(now time.Time) {
	r.saved = now
	if r.o.Keeper == nil {
		return
	}
	text, err := r.o.Keeper.Load()
	if err != nil {
		r.log.Warn("Habits not read", "error", err)
	}
	var rec record
	if json.Unmarshal([]byte(text), &rec) != nil || rec.Version != recordVersion {
		return
	}
	if err := r.habits.UnmarshalBinary(rec.Habits); err != nil {
		r.log.Warn("Habits begin anew", "error", err)
	}
	if day := time.Unix(rec.Day, 0); !day.After(now) { // a clock that went back must not lift the limits for long
		r.day = day
		r.spent.Day, r.spent.Flash = max(rec.Bytes, 0), max(rec.Flash, 0)
	}
}

// keep stores the record when it is time.
func (r *Runner) keep(now time.Time) {
	if r.dirty && now.Sub(r.saved) >= keepEvery {
		r.save(now)
	}
}

func (r *Runner) save(now time.Time) {
	if r.o.Keeper == nil || !r.dirty {
		return
	}
	r.saved, r.dirty = now, false
	habits, err := r.habits.MarshalBinary()
	if err != nil {
		r.log.Warn("Habits not kept", "error", err)
		return
	}
	text, err := json.Marshal(record{recordVersion, r.day.Unix(), r.spent.Day, r.spent.Flash, habits})
	if err != nil {
		r.log.Warn("Habits not kept", "error", err)
		return
	}
	if err := r.o.Keeper.Save(string(text)); err != nil {
		r.log.Warn("Habits not kept", "error", err)
	}
}
