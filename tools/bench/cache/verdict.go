package main

import (
	"fmt"

	"usher/tools/bench/results"
)

// verdict holds Usher's figures against what was promised.
func (b *bench) verdict() *results.Table {
	t := &results.Table{}
	t.Add("what", "wanted", "measured", "")
	u := b.results["Usher"]
	if u == nil {
		t.Add("Usher", "measured", "was not asked for", "open")
		return t
	}
	if b.peer("Usher").broken != nil {
		t.Add("Usher", "measured", "not measured", "MISSED")
		return t
	}
	check := func(what, want, got string, ok bool) {
		t.Add(what, want, got, map[bool]string{true: "met", false: "MISSED"}[ok])
	}
	check("upstream fetches per object", "1.00", results.Number(results.Median(u.fetches), 2), results.Median(u.fetches) == 1)
	best, who := b.best(func(r *result) float64 { return results.Median(r.follower) })
	check("follower's first byte", fmt.Sprintf("≤ the best other (%s: %.1f ms) + 1 ms", who, best), results.Number(results.Median(u.follower), 1)+" ms", results.Median(u.follower) <= best+1)
	best, who = b.best(func(r *result) float64 { return results.Median(r.rangeFirst) })
	check("first byte of a range on a filling object", fmt.Sprintf("≤ the best other (%s: %.1f ms) + 1 ms", who, best), results.Number(results.Median(u.rangeFirst), 1)+" ms", results.Median(u.rangeFirst) <= best+1)
	check("hit after kill -9 of what is meant to stay (prefetched, pinned)", "yes", u.kept, u.kept == "yes")
	if n := b.results["nginx lock"]; n != nil && n.cpuOf(0) > 0 {
		for _, size := range sizes() {
			ratio := u.cpuOf(size) / n.cpuOf(size)
			check("CPU per MB, hits of "+sizeName(size), "≤ 1.20 × nginx", fmt.Sprintf("%.2f ×", ratio), ratio <= 1.2)
		}
	} else {
		t.Add("CPU per MB", "≤ 1.20 × nginx", "nginx was not measured", "open")
	}
	const most = 30 + 64
	mib := float64(u.memory) / (1 << 20)
	check("memory", fmt.Sprintf("< 30 MiB + the ring of 64 MiB = %d MiB", most), fmt.Sprintf("%.0f MiB", mib), mib < most)
	check("written to flash per byte streamed", "< 1 %", wearText(u), u.wearStream > 0 && u.wearRatio() < 0.01)
	check("fetches in the time of hits", "0", fmt.Sprint(u.again), u.again == 0)
	return t
}

func (b *bench) peer(name string) *peer {
	for _, p := range b.peers {
		if p.name == name {
			return p
		}
	}
	return nil
}

// best is the least figure of the others that have one.
func (b *bench) best(of func(*result) float64) (least float64, who string) {
	who = "none"
	for _, p := range b.running() {
		if f := of(b.results[p.name]); p.name != "Usher" && f > 0 && (who == "none" || f < least) {
			least, who = f, p.name
		}
	}
	return least, who
}
