package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher/cmd/boxoffice/office"
	"usher/cmd/boxoffice/shape"
	"usher/cmd/boxoffice/shelf"
)

// settings are the flags.
type settings struct {
	listen     string
	streams    string
	country    string
	openHouse  bool
	liveWindow time.Duration
	titles     int
	data       string
	public     string
	demo       bool
	nonces     bool
	certFile   string
	keyFile    string
	selfSigned bool
	link       shape.Options
	version    bool
}

// parse reads the flags. Its errors are usage errors.
func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var rate, loss string
	f := flag.NewFlagSet("boxoffice", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run prints the error once, with a hint
	f.StringVar(&s.listen, "listen", "127.0.0.1:8790", "listen on `ADDRESS`")
	f.StringVar(&s.streams, "streams", office.DefaultStreams(), "serve the streams in `FOLDER`, made by make-streams.sh")
	f.StringVar(&s.country, "country", "DE", "be at home in `COUNTRY` (ISO 3166-1 alpha-2)")
	f.BoolVar(&s.openHouse, "open-house", true, "treat every box as entitled to everything; =false refuses paid titles")
	f.DurationVar(&s.liveWindow, "live-window", 0, "let live channels be wound back by `TIME`, such as 40s; default 150 segments")
	f.IntVar(&s.titles, "titles", 0, "have `NUMBER` titles, made up beyond those there are, up to 100000")
	f.StringVar(&s.data, "data", "", "keep households, boxes and purchases in `FILE`; default in memory")
	f.StringVar(&s.public, "public", "", "be reached by boxes and phones at `ORIGIN`, such as https://tv.example; default whatever address they use")
	f.BoolVar(&s.demo, "demo", true, "have a household to sign in to, and show its password; default not with -data")
	f.BoolVar(&s.nonces, "nonces", false, "make boxes put a nonce of the service into their proofs (RFC 9449 section 8)")
	f.StringVar(&s.certFile, "tls-cert", "", "serve HTTPS with the certificate in `FILE` (PEM)")
	f.StringVar(&s.keyFile, "tls-key", "", "private key of -tls-cert, in `FILE` (PEM)")
	f.BoolVar(&s.selfSigned, "tls-self-signed", false, "serve HTTPS with a certificate made in memory for this run")
	f.StringVar(&rate, "rate", "", "give each client `RATE` in all, such as 3mbit or 800kbit; default unlimited")
	f.DurationVar(&s.link.Delay, "delay", 0, "be late by `TIME` in each direction, such as 50ms")
	f.StringVar(&loss, "loss", "", "lose `SHARE` of the packets, such as 1%")
	f.DurationVar(&s.link.OutageAfter, "outage-after", 0, "stop all bytes this `TIME` after the start (with -outage-for)")
	f.DurationVar(&s.link.OutageFor, "outage-for", 0, "let the bytes flow again after this `TIME`")
	f.BoolVar(&s.version, "version", false, "print the version and exit")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stderr, "boxoffice: Usher's reference service\n\nusage: boxoffice [serve] [flags]\n       boxoffice seed -data FILE [flags]\n       boxoffice tickets -data FILE [flags]\n")
			f.SetOutput(stderr)
			f.PrintDefaults()
		}
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if s.data != "" && !given(f, "demo") {
		s.demo = false // real people's accounts are beside it
	}
	var err error
	if s.link.Rate, err = parseRate(rate); err != nil {
		return s, err
	}
	if s.link.Loss, err = parseShare(loss); err != nil {
		return s, err
	}
	return s, s.check()
}

// given says whether a flag was set.
func given(f *flag.FlagSet, name string) (is bool) {
	f.Visit(func(one *flag.Flag) { is = is || one.Name == name })
	return is
}

// shelf is where things are kept.
func (s settings) shelf() (*shelf.Shelf, error) {
	if s.data == "" {
		return shelf.New(), nil
	}
	return shelf.Open(s.data)
}

// checkPublic wants an origin: pairing is nothing for plain HTTP, but to this
// machine.
func checkPublic(origin string) error {
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin {
		return fmt.Errorf("-public %q: want an origin in small letters, such as https://tv.example", origin)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return fmt.Errorf("-public %q: want https; http is for this machine only", origin)
	}
	return nil
}

func (s settings) check() error {
	if err := checkPublic(s.public); err != nil {
		return err
	}
	if s.link.OutageAfter > 0 && s.link.OutageFor == 0 {
		return fmt.Errorf("-outage-after needs -outage-for")
	}
	if (s.certFile == "") != (s.keyFile == "") {
		return fmt.Errorf("-tls-cert and -tls-key go together")
	}
	if s.selfSigned && s.certFile != "" {
		return fmt.Errorf("-tls-self-signed and -tls-cert exclude each other")
	}
	if s.titles < 0 || s.titles > 100_000 {
		return fmt.Errorf("-titles %d: want 0 to 100000", s.titles)
	}
	if len(s.country) != 2 || s.country != strings.ToUpper(s.country) {
		return fmt.Errorf("-country %q: want two capital letters", s.country)
	}
	if _, err := shape.New(s.link); err != nil {
		return err
	}
	return nil
}

// parseRate reads bits per second with the units of tc(8): bit, kbit, mbit,
// gbit, in powers of ten. Empty is 0, unlimited.
func parseRate(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	text := strings.ToLower(s)
	for _, unit := range []struct {
		name string
		bits float64
	}{{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"bit", 1}} {
		number, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(number, 64)
		if bits := v * unit.bits; err == nil && bits >= 1 && bits <= 1e12 {
			return int64(bits), nil
		}
	}
	return 0, fmt.Errorf("-rate %q: want a number and bit, kbit, mbit or gbit, such as 3mbit", s)
}

// parseShare reads "1%" or "0.01". Empty is 0.
func parseShare(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, fmt.Errorf("-loss %q: want a share such as 1%% or 0.01, below 100%%", s)
	}
	return v, nil
}
