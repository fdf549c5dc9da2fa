package abr

import (
	"errors"
	"testing"
	"time"
)

// run lets one transfer flow at a rate for a time, after a latency of 50 ms.
func run(m *Meter, now time.Time, rate int, d time.Duration) time.Time {
	f := m.Begin(now)
	now = now.Add(50 * time.Millisecond)
	f.Bytes(now, 16<<10)
	for end := now.Add(d); now.Before(end); {
		now = now.Add(20 * time.Millisecond)
		f.Bytes(now, rate/8/50)
	}
	f.End(now)
	return now
}

func near10(got, want int) bool { return got > want*9/10 && got < want*11/10 }

func TestMeterIgnoresIdleTimeAndLatency(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	for range 20 {
		now = run(m, now, 4_000_000, 900*time.Millisecond).Add(7 * time.Second)
	}
	e := m.Estimate(now)
	if !near10(e.Rate, 4_000_000) || !near10(e.Long, 4_000_000) || e.Latency.Round(time.Millisecond) != 50*time.Millisecond || e.Age < 6*time.Second || e.Silent != 0 {
		t.Errorf("%+v", e)
	}
}

func TestMeterAddsParallelTransfers(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	flows := []*Flow{m.Begin(now), m.Begin(now), m.Begin(now)}
	for range 500 {
		now = now.Add(20 * time.Millisecond)
		for i, f := range flows {
			f.Bytes(now, (i+1)*2500) // 1, 2 and 3 Mb/s
		}
	}
	if e := m.Estimate(now); !near10(e.Rate, 6_000_000) {
		t.Errorf("%+v", e)
	}
}

// TestMeterIsNotFooledByTinyObjects: keys and playlists come in one read; they
// are neither a fast link nor a slow one.
func TestMeterIsNotFooledByTinyObjects(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	now = run(m, now, 4_000_000, 5*time.Second)
	for range 200 {
		f := m.Begin(now)
		now = now.Add(80 * time.Millisecond)
		f.Bytes(now, 1200)
		f.End(now.Add(time.Millisecond))
	}
	if e := m.Estimate(now); !near10(e.Rate, 4_000_000) {
		t.Errorf("%+v", e)
	}
}

func TestMeterLeavesOutWhatIsHeldBack(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	f := m.Begin(now)
	for range 100 {
		for range 10 {
			now = now.Add(20 * time.Millisecond)
			f.Bytes(now, 10_000) // 4 Mb/s
		}
		f.Hold(now)
		now = now.Add(time.Second)
		f.Bytes(now, 10_000)
	}
	if e := m.Estimate(now); !near10(e.Rate, 4_000_000) {
		t.Errorf("%+v", e)
	}
}

func TestMeterSmoothsBursts(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	f := m.Begin(now)
	for range 60 { // everything of 400 ms comes in 40
		now = now.Add(360 * time.Millisecond)
		for range 4 {
			now = now.Add(10 * time.Millisecond)
			f.Bytes(now, 50_000)
		}
	}
	if e := m.Estimate(now); e.Rate < 3_400_000 || e.Rate > 4_600_000 {
		t.Errorf("%+v", e)
	}
}

func TestMeterRemembers(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	now = run(m, now, 8_000_000, time.Minute)
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var again Meter
	if err := again.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	now = now.Add(24 * time.Hour)
	if e := again.Estimate(now); !near10(e.Rate, 8_000_000) || e.Age < 23*time.Hour || !e.Known() {
		t.Errorf("a day later: %+v", e)
	}
	now = run(&again, now, 1_000_000, 15*time.Second)
	if e := again.Estimate(now); e.Rate > 2_000_000 {
		t.Errorf("the link has changed: %+v", e)
	}
	kept := again
	if err := again.UnmarshalBinary([]byte("nonsense")); !errors.Is(err, ErrState) || again != kept {
		t.Errorf("nonsense: %v", err)
	}
}

// TestMeterBeforeTheDateIsKnown: a box's clock may begin in 1970.
func TestMeterBeforeTheDateIsKnown(t *testing.T) {
	m := &Meter{}
	run(m, time.Unix(1_800_000_000, 0), 8_000_000, time.Minute)
	b, _ := m.MarshalBinary()
	var again Meter
	if err := again.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if e := again.Estimate(time.Unix(60, 0)); e.Age != 0 || !e.Known() {
		t.Errorf("%+v", e)
	}
}

func BenchmarkNext(b *testing.B) {
	s := playing(3_000_000, 40*time.Second, 3)
	b.ReportAllocs()
	for b.Loop() {
		Next(s)
	}
}
