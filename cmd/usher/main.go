// Command usher is the command line of a box: it tells the daemon what to do
// and shows how it stands, over the daemon's unix socket.
//
// It keeps no state and starts nothing. Every verb prints a table for people
// or, with --json, one JSON value for machines (watch: one for each line).
// What went wrong is said on standard error and ends in a hint. Exit codes:
//
//	0 done   1 failed   2 usage   3 not paired   4 refused, with the reason
//	5 daemon not reachable   6 timed out   7 partly done
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"usher/internal/spell"
)

// version is set by the linker (Makefile).
var version = "dev"

func main() { os.Exit(realMain()) }

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv)
}

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotPaired   = 3
	exitRefused     = 4
	exitUnreachable = 5
	exitTimeout     = 6
	exitPartly      = 7
)

// failure is what a verb ends with when it is not done.
type failure struct {
	code int
	key  string // stable word for machines
	text string
	hint string
}

func (f *failure) Error() string { return f.text }

func usage(text, hint string) *failure {
	return &failure{code: exitUsage, key: "usage", text: text, hint: hint}
}

// app is one run of the command.
type app struct {
	out, err io.Writer
	lang     string // of titles' names, BCP 47 primary tag
	opt      options
}

// options are the flags of all verbs; each verb takes those it knows.
type options struct {
	socket  string
	json    bool
	timeout time.Duration
	noWait  bool
	start   bool
	at      string
	limit   int
	action  string
	hold    time.Duration
	seconds int
	pinned  bool
	hidden  bool
	hex     bool
	lab     labFlags
	pair    pairFlags
	wipe    wipeFlags
	profile profileFlags
	oem     oemFlags
}

// run is the command without the process: it gives the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer, env func(string) string) int {
	a := &app{out: out, err: errOut, lang: language(env)}
	err := a.dispatch(ctx, args)
	if err == nil {
		return exitDone
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitFailed, key: "failed", text: err.Error(), hint: "Run: usher doctor"}
	}
	a.report(f)
	return f.code
}

// report says what went wrong; the last line is the next step.
func (a *app) report(f *failure) {
	if a.opt.json {
		_ = json.NewEncoder(a.err).Encode(map[string]any{"error": map[string]any{
			"exit": f.code, "key": f.key, "text": f.text, "hint": f.hint,
		}})
		return
	}
	fmt.Fprintf(a.err, "usher: %s\n", f.text)
	if f.hint != "" {
		fmt.Fprintf(a.err, "hint: %s\n", f.hint)
	}
}

func (a *app) dispatch(ctx context.Context, args []string) error {
	word, rest, err := a.verbWord(args)
	if err != nil {
		return err
	}
	v, ok := find(word)
	if !ok {
		text := fmt.Sprintf("There is no verb %q.", word)
		if near := spell.Nearest(word, verbNames()); near != "" {
			text = fmt.Sprintf("There is no verb %q; did you mean %q?", word, near)
		}
		return usage(text, "List the verbs: usher help")
	}
	words, err := a.parse(v, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return a.explain(v)
	case err != nil:
		return err
	case len(words) < v.min || v.most >= 0 && len(words) > v.most:
		return usage("Usage: usher "+strings.TrimSpace(v.name+" "+v.args), "See: usher help "+v.name)
	}
	return v.run(ctx, a, words)
}

// verbWord takes the flags before the verb, and the verb.
func (a *app) verbWord(args []string) (word string, rest []string, err error) {
	fs := a.flags(verb{name: "usher"})
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return "help", nil, nil
	case err != nil:
		return "", nil, flagFailure(err, "help")
	case fs.NArg() == 0:
		return "", nil, usage("What should Usher do?", "List the verbs: usher help")
	}
	return fs.Arg(0), fs.Args()[1:], nil
}

// parse takes a verb's flags wherever they stand. A number with a sign is a
// word: usher seek -10.
func (a *app) parse(v verb, args []string) (words []string, err error) {
	fs := a.flags(v)
	for len(args) > 0 {
		if arg := args[0]; arg == "--" {
			return append(words, args[1:]...), nil
		} else if len(arg) < 2 || arg[0] != '-' || arg[1] >= '0' && arg[1] <= '9' {
			words, args = append(words, arg), args[1:]
			continue
		}
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, flagFailure(err, v.name)
		}
		if args = fs.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	return words, nil
}

func flagFailure(err error, topic string) *failure {
	text := err.Error()
	return usage(strings.ToUpper(text[:1])+text[1:]+".", "See: usher help "+strings.TrimPrefix(topic, "help"))
}

// flags are those that every verb has, and the verb's own.
func (a *app) flags(v verb) *flag.FlagSet {
	fs := flag.NewFlagSet(v.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&a.opt.json, "json", a.opt.json, "print JSON for machines")
	fs.StringVar(&a.opt.socket, "socket", a.opt.socket, "the daemon's socket `PATH` (or $USHER_SOCKET)")
	if v.flags != nil {
		v.flags(fs, &a.opt)
	}
	return fs
}

// language is the primary tag of the person's locale.
func language(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			tag, _, _ := strings.Cut(v, ".")
			tag, _, _ = strings.Cut(tag, "_")
			if tag != "C" && tag != "POSIX" {
				return tag
			}
		}
	}
	return "en"
}

// print writes a value for machines.
func (a *app) print(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
