package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"usher/device/remote"
	"usher/internal/spell"
)

const remoteDetail = `list    the input devices of the box, which of them are read, and why others are not
learn   press a button: prints the line for a keymap file
test    press buttons, one after the other, and see what they mean (Ctrl-C ends it)`

type remoteDevice struct {
	Node, Name, Kind, Unique, Keymap, Problem, Hint string
	Bus, Vendor, Product                            uint16
	Read                                            bool
}

type learnedButton struct {
	Device remoteDevice
	Code   uint32
	Name   string
	Means  map[string]remote.Key
}

func remotes(ctx context.Context, a *app, words []string) error {
	known := []string{"list", "learn", "test"}
	switch words[0] {
	case "list":
		return remoteList(ctx, a)
	case "learn":
		return remoteLearn(ctx, a)
	case "test":
		return remoteTest(ctx, a)
	}
	text := fmt.Sprintf("There is no remote %q.", words[0])
	if near := spell.Nearest(words[0], known); near != "" {
		text = fmt.Sprintf("There is no remote %q; did you mean %q?", words[0], near)
	}
	return usage(text, "See: usher help remote")
}

func remoteList(ctx context.Context, a *app) error {
	var answer struct{ Devices []remoteDevice }
	return a.list(ctx, "remote.devices", nil, &answer, func(w io.Writer) {
		fmt.Fprintln(w, "DEVICE\tKIND\tREAD\tID\tNAME")
		for _, d := range answer.Devices {
			read := "no"
			if d.Read {
				read = d.Keymap
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%04x:%04x\t%s\n", strings.TrimPrefix(d.Node, "/dev/input/"), d.Kind, read, d.Vendor, d.Product, d.Name)
			if d.Problem != "" {
				fmt.Fprintf(w, "\t\t\t\t%s. %s\n", d.Problem, d.Hint)
			}
		}
		if len(answer.Devices) == 0 {
			fmt.Fprintln(w, "none")
		}
	})
}

// learnPatience is a little more than the daemon waits for a button.
const learnPatience = 15 * time.Second

func remoteLearn(ctx context.Context, a *app) error {
	if !a.opt.json {
		fmt.Fprintln(a.err, "Press a button…")
	}
	var b learnedButton
	return a.list(ctx, "remote.learn", nil, &b, func(w io.Writer) {
		fmt.Fprintf(w, "%s (0x%x) on %s: %s\n", b.Name, b.Code, b.Device.Name, meaning(b.Means))
		fmt.Fprintf(w, "\nIn the keymap file:\n  { \"match\": { \"name\": %q, \"vendor\": \"0x%04x\", \"product\": \"0x%04x\" },\n    \"keys\": { %q: \"ok\" } }\n",
			"^"+regexp.QuoteMeta(b.Device.Name)+"$", b.Device.Vendor, b.Device.Product, b.Name)
	})
}

func remoteTest(ctx context.Context, a *app) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	fmt.Fprintln(a.err, "Press buttons; Ctrl-C ends it.")
	for {
		var b learnedButton
		err := local(c.call(ctx, "remote.learn", nil, &b))
		if f, ok := err.(*failure); ok && f.key == "nothing_pressed" { //nolint:errorlint // local gives no other
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if a.opt.json {
			if err := a.print(b); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.out, "%-20s %s\n", b.Name, meaning(b.Means))
	}
}

// meaning is what a button means, in words.
func meaning(m map[string]remote.Key) string {
	if len(m) == 0 {
		return "means nothing"
	}
	if k, ok := m["short"]; ok && len(m) == 1 {
		return string(k)
	}
	list := []string{}
	for how, k := range m {
		list = append(list, how+" "+string(k))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
