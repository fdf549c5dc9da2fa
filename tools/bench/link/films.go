package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// measureTraces has everybody watch the first minutes of the film over each
// trace, all at the same time.
func (b *bench) measureTraces(ctx context.Context) error {
	traces, about, err := openTraces(b.o.traces, b.o.most)
	if err != nil {
		return err
	}
	b.about = about
	for _, t := range traces {
		var tasks []task
		for _, c := range b.watchers() {
			tasks = append(tasks, task{who: c, stream: tsStream, trace: t, long: b.o.long, latest: b.o.long})
		}
		b.traces = append(b.traces, b.together(ctx, tasks)...)
		b.tell(b.traces[len(b.traces)-len(tasks):])
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// outageRate is the link before and after an outage: the middle of the ladder fits.
const (
	outageRate   = 6e6
	outageAfter  = 30 * time.Second // of watching when the link is back
	outageLatest = 30 * time.Second // for the start
)

// measureOutages takes the link down in the middle of the film, in silence,
// and once more with every connection reset.
func (b *bench) measureOutages(ctx context.Context) error {
	for _, lasts := range b.o.outages {
		var tasks []task
		for _, reset := range []bool{false, true} {
			if reset && (lasts != time.Minute || b.o.short) {
				continue
			}
			name := fmt.Sprintf("%.0f s", lasts.Seconds())
			if reset {
				name += ", reset"
			}
			tr := steady(outageRate, startRTT)
			tr.name = name
			long := b.o.outageAt + lasts + outageAfter
			for _, c := range b.watchers() {
				tasks = append(tasks, task{who: c, stream: tsStream, trace: tr, long: long, latest: long + outageLatest, cutAt: b.o.outageAt, cutFor: lasts, reset: reset})
			}
		}
		for len(tasks) > 0 { // no more than seven at a time
			n := min(7, len(tasks))
			b.outages = append(b.outages, b.together(ctx, tasks[:n])...)
			b.tell(b.outages[len(b.outages)-n:])
			tasks = tasks[n:]
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

// tell shows what came out, for whoever waits.
func (b *bench) tell(list []viewing) {
	for _, v := range list {
		o, a := v.outcome, v.account
		fmt.Fprintf(os.Stderr, "        %-14s %-26s start %5.2f s, stalls %d = %5.1f s, skipped %4.1f s, back %4.1f s, %.2f Mb/s, %d switches, wasted %4.1f %%, ahead %.1f MB%s %s\n",
			v.contender, v.link, o.start.Seconds(), len(o.stalls), o.stalled().Seconds(), o.skipped.Seconds(), o.back.Seconds(),
			a.bitrate/1e6, a.switches, 100*a.wasteShare(), float64(a.ahead)/1e6, map[bool]string{true: ", GAVE UP"}[o.ended], v.err)
	}
}
