// Package journal writes what a box took in and what became of it to a file,
// and replays such a file: the same events, taken by the same core from the same
// state, lead to the same state, bit for bit. It is for faults that nobody can
// reproduce.
//
// It guarantees that a file holds no address, code or token (each is a
// pseudonym, the same wherever it occurs in that file and another in the next
// one), that everything else the core sees is in it, and that a file of another
// version, or a damaged one, is refused with a reason. Files are lines of JSON.
// The package never blocks, but for the reader and writer it is given, and
// starts nothing.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"usher/device/cec"
	"usher/internal/box"
	"usher/player"
)

// format is the version of the file.
const format = 1

// Limits of a file that is read.
const (
	maxLine    = 16 << 20 // bytes
	maxEntries = 1 << 20
)

// Entry is one event and the names of the effects that followed.
type Entry struct {
	At      time.Time
	Event   box.Event
	Effects []string
}

// Record is a part of a box's life.
type Record struct {
	Version string    // of the daemon
	Base    box.State // before the first entry
	Entries []Entry
	End     box.State // after the last one
	Dropped int       // entries before the first that are not kept any more
	Steps   int       // how often the clock was set meanwhile; times across such a step cannot be replayed exactly
}

type head struct {
	Format  int    `json:"usherJournal"`
	Version string `json:"version"`
	Dropped int    `json:"dropped"`
	Steps   int    `json:"steps"`
	Entries int    `json:"entries"`
	State   any    `json:"state"`
}

type line struct {
	At      string   `json:"at"`
	Event   any      `json:"event"`
	Effects []string `json:"effects"`
}

type tail struct {
	End any `json:"end"`
}

// kinds are the types that stand behind interfaces.
func kinds() map[string]reflect.Type {
	all := map[string]reflect.Type{}
	add := func(v any) { all[reflect.TypeOf(v).String()] = reflect.TypeOf(v) }
	for _, e := range box.Events() {
		add(e)
	}
	for _, e := range player.Events() {
		add(e)
	}
	for _, r := range cec.Reports() {
		add(r)
	}
	return all
}

// EffectNames are the kinds of effects, as an Entry has them.
func EffectNames(list []box.Effect) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = reflect.TypeOf(e).String()
	}
	return names
}

// Write writes a record.
func Write(w io.Writer, r Record) error {
	c := codec{kinds: kinds(), hide: newMask().hide}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	base, err := c.tree(reflect.ValueOf(r.Base))
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := enc.Encode(head{format, r.Version, r.Dropped, r.Steps, len(r.Entries), base}); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	for _, e := range r.Entries {
		event, err := c.behind(reflect.ValueOf(e.Event))
		if err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
		if err := enc.Encode(line{e.At.Format(time.RFC3339Nano), event, e.Effects}); err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
	}
	end, err := c.tree(reflect.ValueOf(r.End))
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := enc.Encode(tail{end}); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Read reads a record.
func Read(from io.Reader) (Record, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	c := codec{kinds: kinds()}
	var h head
	if err := nextLine(lines, &h); err != nil {
		return Record{}, err
	}
	r := Record{Version: h.Version, Dropped: h.Dropped, Steps: h.Steps}
	switch {
	case h.Format != format:
		return r, fmt.Errorf("read journal: format %d; this program reads %d", h.Format, format)
	case h.Entries < 0 || h.Entries > maxEntries:
		return r, fmt.Errorf("read journal: %d entries", h.Entries)
	}
	if err := c.into(reflect.ValueOf(&r.Base).Elem(), h.State); err != nil {
		return r, fmt.Errorf("read journal: state: %w", err)
	}
	for i := range h.Entries {
		e, err := c.entry(lines)
		if err != nil {
			return r, fmt.Errorf("read journal: entry %d: %w", i+1, err)
		}
		r.Entries = append(r.Entries, e)
	}
	var t tail
	if err := nextLine(lines, &t); err != nil {
		return r, err
	}
	if err := c.into(reflect.ValueOf(&r.End).Elem(), t.End); err != nil {
		return r, fmt.Errorf("read journal: end: %w", err)
	}
	return r, nil
}

func (c codec) entry(lines *bufio.Scanner) (e Entry, err error) {
	var l line
	if err := nextLine(lines, &l); err != nil {
		return e, err
	}
	if e.At, err = time.Parse(time.RFC3339Nano, l.At); err != nil {
		return e, err
	}
	e.Effects = l.Effects
	return e, c.into(reflect.ValueOf(&e.Event).Elem(), l.Event)
}

// nextLine reads one line of JSON; numbers keep all their digits.
func nextLine(lines *bufio.Scanner, v any) error {
	if !lines.Scan() {
		if err := lines.Err(); err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		return errors.New("read journal: it ends early; the file is not whole")
	}
	dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	return nil
}

// Text is a state as one line of JSON: two states that read the same are the
// same to the core.
func Text(s box.State) (string, error) {
	tree, err := codec{kinds: kinds()}.tree(reflect.ValueOf(s))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(tree)
	return string(text), err
}
