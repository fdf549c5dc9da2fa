// Command usher-release makes signed firmware repositories, for the machines of
// whoever makes boxes. It is not on any box.
//
//	usher-release key FILE                    make a key: FILE, and FILE.pub
//	usher-release root -repo DIR …            say whose signatures count
//	usher-release build -repo DIR -image … …  put an image into the list of releases
//	usher-release rollout -repo DIR … NAME    change for whom a release is
//	usher-release withdraw -repo DIR NAME     take a release out of the list
//	usher-release resign -repo DIR            have the list signed again as it is
//	usher-release show FILE                   what somebody who signs agrees to
//	usher-release sign -key FILE FILE         add a signature, on any machine
//	usher-release join FILE COPY…             bring signatures together
//	usher-release publish -repo DIR -key FILE put what is signed into DIR/public
//	usher-release record -version V FILE      make the boot record of a box that leaves the factory
//	usher-release fetch -url URL …            read a repository as a box does
//
// Exit codes: 0 done, 1 failed, 2 usage. docs/firmware.md leads through it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"usher/internal/spell"
)

// version is set by the linker (Makefile).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// verb is one thing that the command does.
type verb struct {
	name, args string
	prepare    func(*flag.FlagSet) action
}

// action does it, once flags are parsed.
type action func(ctx context.Context, out io.Writer, words []string) error

// errUsage is told with how the verb is used.
var errUsage = errors.New("usage")

func usage(format string, values ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errUsage}, values...)...)
}

func verbs() []verb {
	return []verb{
		{"key", "FILE", keyVerb},
		{"root", "-repo DIR -root A.pub,B.pub,C.pub -releases D.pub,E.pub,F.pub -online G.pub", rootVerb},
		{"build", "-repo DIR -image FILE -version V -board NAME[,NAME] -counter N", buildVerb},
		{"rollout", "-repo DIR [-percent N] [-groups A,B] [-from TIME] [-urgent TIME] NAME", rolloutVerb},
		{"withdraw", "-repo DIR NAME", withdrawVerb},
		{"resign", "-repo DIR", resignVerb},
		{"show", "FILE", showVerb},
		{"sign", "-key FILE[,FILE] FILE", signVerb},
		{"join", "FILE COPY…", joinVerb},
		{"publish", "-repo DIR -key FILE", publishVerb},
		{"record", "-version V [-counter N] FILE", recordVerb},
		{"fetch", "-url URL -root FILE -board NAME [-old IMAGE] [-out IMAGE]", fetchVerb},
	}
}

// run is the command without the process.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	if len(args) == 1 && (args[0] == "-version" || args[0] == "--version") {
		fmt.Fprintln(out, version)
		return 0
	}
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(out)
		return 0
	}
	for _, v := range verbs() {
		if v.name == args[0] {
			return v.run(ctx, args[1:], out, errOut)
		}
	}
	fmt.Fprintf(errOut, "usher-release: there is no verb %q.", args[0])
	var names []string
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	if near := spell.Nearest(args[0], names); near != "" {
		fmt.Fprintf(errOut, " Did you mean %q?", near)
	}
	fmt.Fprintln(errOut, "\nhint: List the verbs: usher-release help")
	return 2
}

func help(out io.Writer) {
	fmt.Fprintln(out, "usher-release makes signed firmware repositories. docs/firmware.md leads through it.")
	for _, v := range verbs() {
		fmt.Fprintf(out, "  usher-release %-9s%s\n", v.name, v.args)
	}
}

func (v verb) run(ctx context.Context, args []string, out, errOut io.Writer) int {
	fs := flag.NewFlagSet("usher-release "+v.name, flag.ContinueOnError)
	fs.SetOutput(errOut)
	fs.Usage = func() {
		fmt.Fprintf(errOut, "usage: usher-release %s %s\n", v.name, v.args)
		fs.PrintDefaults()
	}
	act := v.prepare(fs)
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	err := act(ctx, out, fs.Args())
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(errOut, "usher-release:", err)
		fs.Usage()
		return 2
	}
	fmt.Fprintln(errOut, "usher-release:", err)
	return 1
}

// needWords checks how many words follow the flags.
func needWords(words []string, least, most int) error {
	if len(words) < least || most >= 0 && len(words) > most {
		return usage("%d words after the flags", len(words))
	}
	return nil
}

// timeFlag is a flag with a time, such as 2026-12-01T03:00:00Z.
type timeFlag struct{ time.Time }

func (t *timeFlag) String() string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// Set implements flag.Value.
func (t *timeFlag) Set(s string) (err error) {
	t.Time, err = time.Parse(time.RFC3339, s)
	return err
}
