package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// given is a setting that stands on the command line. It is kept until the
// weaker layers have been read.
type given struct {
	setting
	value string
}

func (l *Loaded) parseFlags(args []string) ([]given, error) {
	var list []given
	fs := flag.NewFlagSet("usherd", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // what is wrong is said once, by whoever calls Load
	for _, s := range settings() {
		if s.flag != "" {
			fs.Func(s.flag, s.doc, func(v string) error {
				list = append(list, given{s, v})
				return nil
			})
		}
	}
	fs.StringVar(&l.File, "config", "", "")
	fs.BoolVar(&l.Demo, "demo", false, "")
	fs.BoolVar(&l.Paid, "paid", false, "")
	fs.StringVar(&l.ReadyFile, "ready-file", "", "")
	fs.BoolVar(&l.PrintConfig, "print-config", false, "")
	fs.BoolVar(&l.ClearCEC, "clear-cec", false, "")
	fs.BoolVar(&l.SlotsHelper, "slots-helper", false, "")
	fs.Func("firmware-health", "", func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 || d > maxHealth {
			return errors.New("a time such as 5m, an hour at most")
		}
		l.FirmwareHealth = &d
		return nil
	})
	fs.BoolVar(&l.ShowManual, "man", false, "")
	fs.BoolVar(&l.ShowVersion, "version", false, "")
	if err := fs.Parse(args); err != nil {
		return nil, flagError(fs, err)
	}
	if fs.NArg() > 0 {
		return nil, &Error{Where: "command line", Key: fs.Arg(0), Text: "usherd takes flags only", Hint: "usherd -h lists them"}
	}
	return list, nil
}

// maxHealth is the longest that a boot is held up.
const maxHealth = time.Hour

// flagError puts the flag package's words into ours; a request for help stays
// what it is.
func flagError(fs *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: "); ok {
		var known []string
		fs.VisitAll(func(f *flag.Flag) { known = append(known, "-"+f.Name) })
		return unknown("command line", "flag", name, known)
	}
	return &Error{Where: "command line", Text: err.Error(), Hint: "usherd -h lists the flags"}
}

// Usage is the text of -h.
func Usage() string {
	var b strings.Builder
	b.WriteString(`usherd turns a streaming service into a cinema at home.

Try it:  usherd -demo        then open the page it names
Run it:  usherd -config /etc/usher/usher.toml

Flags
`)
	row := func(flag, doc string) { fmt.Fprintf(&b, "  %-18s %s\n", flag, doc) }
	for _, f := range plainFlags() {
		row(f[0], f[1])
	}
	for _, s := range settings() {
		if s.flag != "" {
			row("-"+s.flag+" "+s.arg, withDefault(s))
		}
	}
	b.WriteString("\nDefaults are overridden by the overlay of whoever made the box, that by the file, the file by the environment, and that by flags.\n\nIn the file, and as environment variables\n")
	for _, s := range settings() {
		if s.flag == "" {
			fmt.Fprintf(&b, "  %-22s %-28s %s\n", s.key, s.env(), withDefault(s))
		}
	}
	fmt.Fprintf(&b, "  %-22s %-28s %s\n", "[[service]] id, url", "USHER_SERVICES=\"id=url …\"", "the services that the box carries")
	return b.String()
}

func withDefault(s setting) string {
	def := Default()
	if v := s.get(&def); fmt.Sprint(v) != "" && fmt.Sprint(v) != "[]" {
		return fmt.Sprintf("%s (%v)", s.doc, v)
	}
	return s.doc
}
