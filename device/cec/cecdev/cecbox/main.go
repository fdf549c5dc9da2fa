// Command cecbox is a box that is nothing but its HDMI-CEC: it wakes and
// sleeps when the television asks, prints each report as a line of JSON, and
// takes acts as lines on standard input. It is for the bench (make e2e-vm) and
// for who tries an adapter on a new machine:
//
//	go run ./device/cec/cecdev/cecbox -device /dev/cec0
//	show | boot | key           one touch play, because of a person or not
//	power on|standby            the box became so, by a key
//	press KEY, release KEY      a key for others, such as volume-up
//	deck play|pause|stop        what the player does
//	view, frames                what is known, and the frames so far
//
// It blocks until it is interrupted or the adapter cannot be used at all; it
// gives back its address then. With -clear it only gives back an address that
// a killed one left.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"usher/device/cec"
	"usher/device/cec/cecdev"
	"usher/device/cec/playback"
	"usher/device/cec/station"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cecbox:", err)
		os.Exit(1)
	}
}

// options are the settings, and which adapter.
type options struct {
	settings station.Settings
	node     string
	clear    bool
	asleep   bool
}

func parse(args []string) (options, error) {
	o := options{settings: station.Settings{Config: playback.Default(), Vendor: cec.NoVendor}}
	s := &o.settings
	fs := flag.NewFlagSet("cecbox", flag.ContinueOnError)
	fs.StringVar(&o.node, "device", "", "device node; the first that can be used")
	fs.BoolVar(&o.clear, "clear", false, "only give back the address that a killed process left")
	fs.BoolVar(&o.asleep, "asleep", false, "begin in standby")
	fs.StringVar(&s.Name, "name", "Usher", "name shown by the television")
	fs.BoolVar(&s.Deck, "deck", true, "Deck Control")
	version := fs.Uint("cec", 20, "version of CEC, 20 or 14")
	mode := fs.String("mode", string(s.Mode), "on, keys or off")
	volume := fs.String("volume", string(s.Volume), "auto, tv, audio-system or box")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	s.Version, s.Mode, s.Volume = uint8(*version), playback.Mode(*mode), playback.Volume(*volume)
	return o, s.Check()
}

func run(args []string, in io.Reader, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.clear {
		nodes, err := cecdev.Clear("/dev", o.settings.Name)
		fmt.Fprintf(out, "cleared %q\n", nodes)
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	open := func(claim cec.Claim) cec.Bus { return cecdev.New(claim, cecdev.Config{Node: o.node}, log) }
	b := &box{station: station.New(o.settings, open, log), out: out}
	b.power(!o.asleep, cec.CauseBoot)
	go b.read(in) // ends with standard input, or with the process
	var reading sync.WaitGroup
	reading.Go(b.follow)
	err = b.station.Run(ctx)
	reading.Wait()
	return err
}

// box does what reports ask for.
type box struct {
	station *station.Station
	mu      sync.Mutex
	out     io.Writer
}

func (b *box) print(kind string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(err.Error())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(b.out, "%s %s %s\n", time.Now().Format("05.000"), kind, text)
}

// follow prints reports, and answers those that ask.
func (b *box) follow() {
	for r := range b.station.Reports() {
		b.print(strings.TrimPrefix(fmt.Sprintf("%T", r), "cec."), r)
		switch r.(type) {
		case cec.WakeAsked:
			b.power(true, "")
		case cec.StandbyAsked:
			b.power(false, "")
		}
	}
}

func (b *box) power(on bool, cause cec.Cause) {
	p := cec.PowerStandby
	if on {
		p = cec.PowerOn
	}
	b.station.Do(cec.SetPower{Power: p, Cause: cause})
}

// read takes acts.
func (b *box) read(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 0 {
			b.act(words[0], strings.Join(words[1:], " "))
		}
	}
}

func (b *box) act(verb, arg string) {
	switch verb {
	case "show":
		b.station.Do(cec.ShowPicture{Cause: cec.CausePlay, Detail: arg})
	case "key":
		b.station.Do(cec.ShowPicture{Cause: cec.CauseKey, Detail: arg})
	case "boot":
		b.station.Do(cec.ShowPicture{Cause: cec.CauseBoot})
	case "power":
		b.power(arg == "on", cec.CauseKey)
	case "press", "release":
		code, ok := cec.ParseUICode(arg)
		if !ok {
			b.print("error", "no key "+arg)
			return
		}
		b.station.Do(cec.PressKey{Code: code, Down: verb == "press"})
	case "deck":
		deck := map[string]cec.Deck{"play": cec.DeckPlay, "pause": cec.DeckStill, "stop": cec.DeckStop}[arg]
		b.station.Do(cec.SetDeck{Deck: deck})
	case "view":
		b.print("view", b.station.View())
	case "frames":
		for _, e := range b.station.Frames() {
			b.print("frame", e.String())
		}
	default:
		b.print("error", "no verb "+verb)
	}
}
