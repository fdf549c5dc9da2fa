package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
)

// man prints a manual page made from the table of verbs (man(7)).
func man(_ context.Context, a *app, _ []string) error {
	w := &roff{}
	w.line(".TH USHER 1 \"\" \"usher %s\" \"Usher\"", version)
	w.line(".SH NAME\nusher \\- command line of an Usher box")
	w.section("SYNOPSIS", "")
	w.line(".B usher\n.RB [ \\-\\-json ]\n.RB [ \\-socket\n.IR PATH ]\n.I VERB\n.RI [ ... ]")
	w.section("DESCRIPTION", "It tells the daemon of a box what to do and shows how it stands, over the daemon's unix socket. Every verb prints a table for people or, with --json, JSON for machines. What went wrong is said on standard error and ends in a hint.")
	w.line(".SH VERBS")
	for _, v := range verbs() {
		w.line(".TP\n.B %s", escaped(strings.TrimSpace("usher "+v.name+" "+v.args)))
		w.text(strings.ToUpper(v.summary[:1]) + v.summary[1:] + ".")
		if v.detail != "" {
			w.line(".RS\n.nf")
			w.text(v.detail)
			w.line(".fi\n.RE")
		}
		a.roffFlags(w, v)
	}
	w.section("EXIT STATUS", "")
	for i, text := range []string{"done", "failed", "usage", "not paired", "refused, with the reason", "daemon not reachable", "timed out", "partly done"} {
		w.line(".TP\n.B %d\n%s", i, text)
	}
	w.section("ENVIRONMENT", "")
	w.line(".TP\n.B USHER_SOCKET\nThe daemon's socket.")
	w.section("SEE ALSO", "")
	w.line(".BR usherd (8)")
	_, err := fmt.Fprint(a.out, w.String())
	return err
}

// roffFlags are a verb's own flags.
func (a *app) roffFlags(w *roff, v verb) {
	a.flags(v).VisitAll(func(f *flag.Flag) {
		if f.Name == "json" || f.Name == "socket" {
			return
		}
		kind, text := flag.UnquoteUsage(f)
		w.line(".RS\n.TP\n.B %s", escaped(strings.TrimSpace("--"+f.Name+" "+kind)))
		w.text(text)
		w.line(".RE")
	})
}

// roff writes a manual page.
type roff struct{ strings.Builder }

func (r *roff) line(format string, args ...any) { fmt.Fprintf(r, format+"\n", args...) }

func (r *roff) section(name, text string) {
	r.line(".SH %s", name)
	if text != "" {
		r.text(text)
	}
}

func (r *roff) text(text string) { r.line("%s", escaped(text)) }

// escaped is text in which roff finds nothing to obey.
func escaped(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
