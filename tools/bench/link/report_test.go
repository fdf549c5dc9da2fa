package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// finished is a bench whose figures are made up.
func finished() *bench {
	b := &bench{o: &options{npm: "none", usherd: "none"}, about: "made up"}
	film := func(who, link string, start, still, skip time.Duration) viewing {
		v := viewing{contender: who, link: link, planned: time.Minute, cut: [2]time.Duration{40 * time.Second, 100 * time.Second}}
		v.outcome = outcome{start: start, skipped: skip, played: time.Minute - start - still}
		if still > 0 {
			v.outcome.stalls = []stall{{45 * time.Second, still}}
		}
		v.account = account{fetched: 1000, shown: 900, ahead: 50, bitrate: 2e6, switches: 3}
		return v
	}
	for _, rate := range startRates() {
		b.starts = append(b.starts, startResult{contender: "mpv", stream: tsStream, rate: rate, took: []float64{12, 14, 13}, rung: "r5"})
		b.starts = append(b.starts, startResult{contender: usherName, stream: tsStream, rate: rate, took: []float64{0.9, 1, 0.8}, rung: "r3"})
		b.starts = append(b.starts, startResult{contender: kitName, stream: tsStream, rate: rate, took: []float64{0.5}, rung: "r3"})
	}
	b.traces = []viewing{film("mpv", "a", 10*time.Second, 20*time.Second, 0), film(usherName, "a", time.Second, 0, 0), {contender: "VLC", link: "a", err: "VLC is gone"}}
	b.outages = []viewing{film("mpv", "60 s", 10*time.Second, 30*time.Second, 8*time.Second), film(usherName, "60 s", time.Second, 0, 0), film(usherName, "120 s", time.Second, 5*time.Second, 0)}
	b.minutes = []viewing{
		film(usherName, minuteName(3e6, 75*time.Second), time.Second, 0, 0), film(usherName, minuteName(6e6, 3*time.Minute), time.Second, 0, 0),
		film(controlName, minuteName(0, 75*time.Second), time.Second, 0, 0),
	}
	return b
}

func TestReportSaysWhatWasMeasured(t *testing.T) {
	text := finished().report("a machine", time.Minute)
	for _, want := range []string{
		"13.00 (14.00), 8.0 Mb/s", "0.90 (1.00), 2.4 Mb/s", "VLC is gone", "stalled 30.0 s, skipped 8.0 s", "no stall", "| 60 s", "20.0 / 2.00", "no picture",
		"| cold start at 3 Mb/s", "0.90 s", "| start with start kit at 3 Mb/s", "MISSED", "| outage of 60 s", "| dead minute, 3 Mb/s, after 75 s", "| none: a film from the disk | no stall, 2.00 Mb/s",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report:\n%s", want, text)
		}
	}
	if strings.Contains(text, "outage of 120") {
		t.Error("two minutes were not promised")
	}
}

// TestVerdictMissesWhatIsWorse: the same figures with a worse Usher.
func TestVerdictMissesWhatIsWorse(t *testing.T) {
	met := func(b *bench) int { return strings.Count(b.verdict().String(), "| met") }
	good := finished()
	bad := finished()
	bad.traces[1].outcome.stalls = []stall{{0, 30 * time.Second}}
	bad.traces[1].account.fetched = 9000
	bad.outages[1].outcome.skipped = 4 * time.Second
	bad.minutes[0].outcome.stalls = []stall{{50 * time.Second, time.Second}}
	if met(good) != 8 || met(bad) != 3 {
		t.Errorf("met: %d and %d\n%s\n%s", met(good), met(bad), good.verdict(), bad.verdict())
	}
}

// TestMachineIsNotUsher: what a film from the disk stalls as well is no fault.
func TestMachineIsNotUsher(t *testing.T) {
	b := finished()
	b.outages[1].outcome.stalls = []stall{{50 * time.Second, time.Second}}
	if text := b.verdict().String(); strings.Count(text, "MISSED") != 2 {
		t.Errorf("a stall in an outage:\n%s", text)
	}
	control := b.outages[1]
	control.contender = controlName
	b.outages = append(b.outages, control)
	if text := b.verdict().String(); strings.Count(text, "MISSED") != 1 || !strings.Contains(text, "the machine's own: 1.0 s") {
		t.Errorf("the machine's stall:\n%s", text)
	}
}

func TestPlotsAreDrawings(t *testing.T) {
	b := finished()
	for name, text := range map[string]string{"start": b.startPlot(), "traces": b.tracePlot(), "outage": b.outagePlot()} {
		d := xml.NewDecoder(strings.NewReader(text))
		bars := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, text)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
				bars++
			}
		}
		if bars < 2 {
			t.Errorf("%s: %d bars", name, bars)
		}
	}
	if none := (&bench{o: &options{}}).startPlot(); none != "" {
		t.Errorf("nothing measured, but drawn: %s", none)
	}
}
