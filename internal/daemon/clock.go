package daemon

import (
	"reflect"
	"time"

	"usher/internal/box"
)

// stepLeast is by how much the wall clock must part from its run to count as
// having been set.
const stepLeast = 50 * time.Millisecond

// clock gives times whose wall clock runs exactly as the monotonic one does:
// what the core reckons from them can be reckoned again from the journal, which
// keeps the wall clock only. When somebody sets the clock it follows at once,
// and counts that. It belongs to the loop.
type clock struct {
	anchor time.Time
	steps  int
	apart  func(read, line time.Time) time.Duration // by how much the wall clocks differ
	dated  map[reflect.Type]bool                    // types of events that hold a time.Time; found out once
}

func newClock() clock {
	return clock{
		anchor: time.Now(), dated: map[reflect.Type]bool{},
		apart: func(read, line time.Time) time.Duration { return read.Round(0).Sub(line.Round(0)) },
	}
}

func (c *clock) now() time.Time {
	read := time.Now()
	t := c.onLine(read)
	if gap := c.apart(read, t); gap < -stepLeast || gap > stepLeast {
		c.anchor = read
		c.steps++
		return read
	}
	return t
}

// onLine is t as the clock counts; a time without a monotonic part is a date,
// and stays as it is.
func (c *clock) onLine(t time.Time) time.Time {
	if t == t.Round(0) {
		return t
	}
	return c.anchor.Add(t.Sub(c.anchor))
}

// settle is an event whose times, which the edges took, are as the clock counts.
func (c *clock) settle(e box.Event) box.Event {
	v := reflect.ValueOf(e)
	if !c.holdsTime(v.Type()) {
		return e
	}
	if settled, ok := c.settled(v).Interface().(box.Event); ok {
		return settled
	}
	return e
}

// holdsTime says whether a time can be in a value of a type. What stands behind
// an interface is looked at when it is there.
func (c *clock) holdsTime(t reflect.Type) (holds bool) {
	if t == reflect.TypeFor[time.Time]() {
		return true
	}
	if known, ok := c.dated[t]; ok {
		return known
	}
	c.dated[t] = false // of a type within itself
	defer func() { c.dated[t] = holds }()
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice:
		return c.holdsTime(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if c.holdsTime(f.Type) {
				return true
			}
		}
	}
	return false
}

// settled is a copy of v; parts without times are shared.
func (c *clock) settled(v reflect.Value) reflect.Value {
	if !v.IsValid() || !c.holdsTime(v.Type()) {
		return v
	}
	if t, ok := v.Interface().(time.Time); ok {
		return reflect.ValueOf(c.onLine(t))
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if c.holdsTime(v.Field(i).Type()) {
				out.Field(i).Set(c.settled(v.Field(i)))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(c.settled(v.Elem()))
		}
	case reflect.Interface:
		if !v.IsNil() {
			out.Set(c.settled(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(c.settled(v.Index(i)))
			}
		}
	}
	return out
}
