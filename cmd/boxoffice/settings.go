package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"time"

	"usher/cmd/boxoffice/office"
	"usher/cmd/boxoffice/shape"
)

// settings are the flags.
type settings struct {
	listen     string
	streams    string
	country    string
	openHouse  bool
	liveWindow time.Duration
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
			fmt.Fprint(stderr, "boxoffice: Usher's reference service\n\nusage: boxoffice [flags]\n")
			f.SetOutput(stderr)
			f.PrintDefaults()
		}
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
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

func (s settings) check() error {
	if s.link.OutageAfter > 0 && s.link.OutageFor == 0 {
		return fmt.Errorf("-outage-after needs -outage-for")
	}
	if (s.certFile == "") != (s.keyFile == "") {
		return fmt.Errorf("-tls-cert and -tls-key go together")
	}
	if s.selfSigned && s.certFile != "" {
		return fmt.Errorf("-tls-self-signed and -tls-cert exclude each other")
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

// tlsConfig is nil for plain HTTP.
func (s settings) tlsConfig() (*tls.Config, error) {
	var cert tls.Certificate
	var err error
	switch {
	case s.selfSigned:
		cert, err = selfSigned(s.listen)
	case s.certFile != "":
		if cert, err = tls.LoadX509KeyPair(s.certFile, s.keyFile); err != nil {
			err = fmt.Errorf("load certificate: %w", err)
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}, nil
}

// selfSigned makes a certificate for localhost and the listening address that
// lasts a day and is never written down.
func selfSigned(listen string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "boxoffice"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host, _, err := net.SplitHostPort(listen); err == nil {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if host != "" {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
