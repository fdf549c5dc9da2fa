package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/shelf"
)

// ticketing are the flags of tickets.
type ticketing struct {
	data, household string
	serials         []string
	days            int
}

// mostTickets is how many are made at once: as many as a bundle holds.
const mostTickets = 400

// runTickets makes enrolment tickets and prints them as a JSON object by
// serial. They are secrets: whoever has one and its serial is let in, once.
func runTickets(args []string, stdout, stderr io.Writer) int {
	s, err := parseTickets(args, stderr)
	if err != nil {
		return wrongFlags(stderr, "boxoffice tickets", err)
	}
	made, err := s.make(time.Now())
	if err == nil {
		err = json.NewEncoder(stdout).Encode(made)
	}
	if err != nil {
		fmt.Fprintf(stderr, "boxoffice: %v\n", err)
		return exitFailed
	}
	return exitDone
}

func parseTickets(args []string, stderr io.Writer) (ticketing, error) {
	var s ticketing
	var serials string
	f := flag.NewFlagSet("boxoffice tickets", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.data, "data", "", "of the households in `FILE`; not while it is served")
	f.StringVar(&s.household, "household", "", "let boxes into the household that signs in as `NAME`")
	f.StringVar(&serials, "serials", "", "a ticket for each of `LIST`, serial numbers with commas between them")
	f.IntVar(&s.days, "days", 14, "good for `DAYS`, up to 90")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stderr, "boxoffice tickets: make tickets that let boxes into a household without a code, each once\n\nusage: boxoffice tickets -data FILE -household NAME -serials LIST [-days DAYS]\n")
			f.SetOutput(stderr)
			f.PrintDefaults()
		}
		return s, err
	}
	s.serials = strings.FieldsFunc(serials, func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case f.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case s.data == "" || s.household == "" || len(s.serials) == 0:
		return s, errors.New("-data, -household and -serials are needed")
	case len(s.serials) > mostTickets:
		return s, fmt.Errorf("-serials: %d at once, and %d are the most", len(s.serials), mostTickets)
	case s.days < 1 || s.days > 90:
		return s, fmt.Errorf("-days %d: want 1 to 90", s.days)
	}
	return s, nil
}

func (s ticketing) make(now time.Time) (made map[string]string, err error) {
	kept, err := shelf.Open(s.data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	h, ok, err := household.New(kept).Named(s.household)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("household %q is not in %s\nhint: make it with boxoffice seed", s.household, s.data)
	}
	return door.IssueTickets(kept, h.ID, s.serials, now, time.Duration(s.days)*24*time.Hour)
}
