package abrsim

import "math"

// Foresight is no policy that anybody can have: it knows what the link will do
// within the next half minute, and plans by dynamic programming. After that it
// supposes a part of the mean of what came so far. What it reaches says how much of the
// distance to the offline optimum nobody could close without knowing the future.
// It is no bound: a longer plan, or luck, can do better.
func Foresight(trace *Trace, offset float64) Policy {
	return &foresight{trace: trace, offset: offset}
}

const (
	foreseen     = 30.0 // s
	afterwards   = 0.7  // of the mean: what is supposed of the time after that
	foreSegments = 10   // of a plan
	foreGrid     = 0.5  // s: plans that end as far apart count as one
	foreLongest  = 120  // s of a plan
)

type foresight struct {
	trace     *Trace
	offset    float64
	bits, sec float64 // that came, and in what time
	plan      []int   // what is left of the last one
	turn      int
}

func (f *foresight) Hear(p Progress) (int, bool) {
	if p.Done {
		f.bits += p.Size
		f.sec += p.Now - p.Began
	}
	return 0, false
}

// Choose plans anew for every second segment.
func (f *foresight) Choose(v View) int {
	if f.turn++; len(f.plan) == 0 || f.turn%2 == 1 {
		f.plan = f.best(v)
	}
	r := f.plan[0]
	f.plan = f.plan[1:]
	return r
}

// outlook is one way to have fetched some segments.
type outlook struct {
	value, at, buffer float64 // at: s since the session began
	from, rung        int     // state before it
}

// best is the plan of the highest value.
func (f *foresight) best(v View) []int {
	known := v.Now + foreseen
	rate := f.trace.carried(f.offset+known) - f.trace.carried(f.offset+v.Now)
	rate = max(afterwards*(rate+f.bits)/(foreseen+f.sec), 1000)
	stages := [][]outlook{{{at: v.Now, buffer: v.Buffer, from: -1, rung: v.Last}}}
	for k := v.Next; k < min(v.Next+foreSegments, len(v.Title.Sizes)); k++ {
		stages = append(stages, f.stage(v, k, stages[len(stages)-1], known, rate))
	}
	last := len(stages) - 1
	end := v.Next+last == len(v.Title.Sizes)
	at, most := 0, math.Inf(-1)
	for i, o := range stages[last] {
		worth := o.value
		if !end {
			worth += insurance(o.buffer, v) * rate / 1e6 / v.Title.Segment
		}
		if worth > most {
			at, most = i, worth
		}
	}
	plan := make([]int, last)
	for k := last; k > 0; k-- {
		plan[k-1] = stages[k][at].rung
		at = stages[k][at].from
	}
	return plan
}

// insurance is what a buffer is worth, in seconds of the link: more than itself
// when it is short, less when the window is nearly full.
func insurance(buffer float64, v View) float64 {
	full := buffer / v.Window
	return buffer * (3 - 2*full)
}

// stage adds segment k to all ways, and keeps the best of each rung and time.
func (f *foresight) stage(v View, k int, before []outlook, known, rate float64) []outlook {
	var list []outlook
	index := map[[2]int]int{}
	for i, o := range before {
		for r := range v.Title.Ladder {
			next := f.step(v, k, o, r, known, rate)
			if next.at-v.Now > foreLongest && r > 0 {
				break
			}
			next.from = i
			key := [2]int{r, int((next.at - v.Now) / foreGrid)}
			if j, ok := index[key]; !ok {
				index[key] = len(list)
				list = append(list, next)
			} else if next.value > list[j].value {
				list[j] = next
			}
		}
	}
	return list
}

// step is segment k at rung r after a way.
func (f *foresight) step(v View, k int, o outlook, r int, known, rate float64) outlook {
	t := v.Title
	wait := max(0, o.buffer+t.Segment-v.Window)
	begin, size := o.at+wait, float64(t.Sizes[k][r])
	end := begin + size/rate
	if begin < known {
		end = f.trace.fetched(f.offset+begin, size) - f.offset
		if end > known {
			end = known + (size-f.trace.carried(f.offset+known)+f.trace.carried(f.offset+begin))/rate
		}
	}
	buffer, gain := o.buffer-wait-(end-begin), t.mean(r)/1e6
	if buffer < 0 {
		gain += Penalty(t) * buffer
		buffer = 0
	}
	if o.rung >= 0 {
		gain -= math.Abs(t.mean(r)-t.mean(o.rung)) / 1e6
	}
	return outlook{value: o.value + gain, at: end, buffer: buffer + t.Segment, rung: r}
}
