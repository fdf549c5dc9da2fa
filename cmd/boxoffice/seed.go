package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"usher/cmd/boxoffice/office"
	"usher/cmd/boxoffice/shelf"
)

// seeding are the flags of seed.
type seeding struct {
	data string
	office.Seed
}

// runSeed puts a household into a file. Its password is the first line of
// stdin, because arguments are for everybody to see.
func runSeed(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, err := parseSeed(args, stderr)
	if err != nil {
		return wrongFlags(stderr, "boxoffice seed", err)
	}
	line, err := bufio.NewReader(io.LimitReader(stdin, 4096)).ReadString('\n')
	if s.Password = strings.TrimRight(line, "\r\n"); s.Password == "" {
		fmt.Fprintf(stderr, "boxoffice: no password\nhint: give it as the first line of standard input: boxoffice seed -data FILE < password\n")
		return exitUsage
	}
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintf(stderr, "boxoffice: read password: %v\n", err)
		return exitFailed
	}
	if err := s.run(); err != nil {
		fmt.Fprintf(stderr, "boxoffice: %v\n", err)
		return exitFailed
	}
	fmt.Fprintf(stdout, "boxoffice: household %q is in %s\n", s.Name, s.data)
	return exitDone
}

func parseSeed(args []string, stderr io.Writer) (seeding, error) {
	var s seeding
	f := flag.NewFlagSet("boxoffice seed", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.data, "data", "", "put it into `FILE`, made if it is not there")
	f.StringVar(&s.Name, "household", "", "sign in as `NAME`")
	f.StringVar(&s.Country, "country", "DE", "live in `COUNTRY` (ISO 3166-1 alpha-2)")
	f.StringVar(&s.Plan, "plan", "", "have `PLAN`: month or year; default none")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stderr, "boxoffice seed: put a household into a file for -data\n\nusage: boxoffice seed -data FILE -household NAME [flags] < password\n")
			f.SetOutput(stderr)
			f.PrintDefaults()
		}
		return s, err
	}
	switch {
	case f.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case s.data == "" || s.Name == "":
		return s, errors.New("-data and -household are needed")
	}
	return s, nil
}

func (s seeding) run() error {
	kept, err := shelf.Open(s.data)
	if err != nil {
		return err
	}
	return errors.Join(s.Put(kept, time.Now()), kept.Close())
}
