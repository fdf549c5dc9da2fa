package updater

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"usher/firmware"
	"usher/firmware/fleet"
	"usher/internal/box"
	"usher/internal/durable"
)

// memory is what is kept over starts.
type memory struct {
	Later   box.Putoff      `json:"later"`
	Trying  *trial          `json:"trying,omitempty"`
	Failed  []string        `json:"failed,omitempty"` // versions that are not tried again
	History []Entry         `json:"history,omitempty"`
	Skipped []fleet.Skipped `json:"skipped,omitempty"` // of the last look
}

// trial is an update between its first start and its end.
type trial struct {
	Version string `json:"version"`
	From    string `json:"from,omitempty"`
	Action  string `json:"action,omitempty"`
	Standby bool   `json:"standby,omitempty"` // the box was in standby
	Starts  int    `json:"starts"`
}

// Entry is an update that came to its end.
type Entry struct {
	At      time.Time       `json:"at"`
	From    string          `json:"from,omitempty"`
	Version string          `json:"version"`
	Kept    bool            `json:"kept"`
	Reason  firmware.Reason `json:"reason,omitempty"`
}

// The limits of the memory.
const (
	mostEntries = 50
	mostFailed  = 32
	memoryLimit = 64 << 10
	memoryName  = "updates.json"
)

func (m *memory) note(e Entry) {
	m.History = append(m.History, e)
	m.History = m.History[max(len(m.History)-mostEntries, 0):]
}

func (m *memory) fail(version string) {
	m.Failed = slices.DeleteFunc(m.Failed, func(v string) bool { return v == version })
	m.Failed = append(m.Failed, version)
	m.Failed = m.Failed[max(len(m.Failed)-mostFailed, 0):]
}

// tellFor is for how long people are told on the screen that an update did not stay.
const tellFor = 72 * time.Hour

// lastFailure is the end of the last update in words, if it was a bad one, and
// whether people are to be told.
func (m *memory) lastFailure(now time.Time) (p *box.Problem, tell bool) {
	n := len(m.History)
	if n == 0 || m.History[n-1].Kept {
		return nil, false
	}
	last := m.History[n-1]
	return new(box.FirmwareProblem(string(last.Reason))), last.Reason != firmware.ByHand && now.Sub(last.At) < tellFor
}

// remember reads what was kept. What cannot be read is gone: what runs is known
// from the slots.
func (u *Updater) remember() (m memory) {
	if err := durable.Sweep(u.opt.Folder); err != nil {
		u.log.Warn("Files that were not finished are left behind", "err", err)
	}
	data, err := durable.Read(filepath.Join(u.opt.Folder, memoryName), memoryLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return memory{}
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		u.log.Error("The history of updates is lost", "err", err)
		return memory{}
	}
	return m
}

// keep writes the memory down, and says whether it is safe.
func (u *Updater) keep() bool {
	data, err := json.Marshal(u.mem)
	if err == nil {
		err = durable.Replace(filepath.Join(u.opt.Folder, memoryName), data)
	}
	if err != nil {
		u.log.Error("The history of updates is not kept", "err", err)
	}
	return err == nil
}

// Status is how the slots stand, and what became of updates.
type Status struct {
	Slots   []SlotStatus    `json:"slots"`
	Floor   uint64          `json:"floor"`   // releases below it are refused
	History []Entry         `json:"history"` // the oldest first
	Skipped []fleet.Skipped `json:"skipped"` // releases that were passed over at the last look, and why
}

// SlotStatus is a slot with its state as a word.
type SlotStatus struct {
	firmware.SlotInfo
	StateName string `json:"state"`
}

// snapshot reads the slots for whoever asks.
func (u *Updater) snapshot(ctx context.Context) {
	s := &Status{Slots: []SlotStatus{}, History: slices.Clone(u.mem.History), Skipped: slices.Clone(u.mem.Skipped)}
	list, err := u.opt.Slots.Slots(ctx)
	if err != nil {
		u.log.Error("Slots not read", "err", err)
	}
	for _, x := range list {
		s.Slots = append(s.Slots, SlotStatus{x, x.State.String()})
	}
	s.Floor, _ = u.opt.Slots.Floor(ctx) // an error is told with the slots
	u.shown.Store(s)
}

// Status is how it stood last; it does not block.
func (u *Updater) Status() Status {
	if s := u.shown.Load(); s != nil {
		return *s
	}
	return Status{}
}
