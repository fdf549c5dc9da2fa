package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"usher/internal/spell"
)

// SourceKind is the layer that a value came from.
type SourceKind string

// The layers, weakest first.
const (
	FromDefault SourceKind = "default"
	FromFile    SourceKind = "file"
	FromEnv     SourceKind = "environment"
	FromFlag    SourceKind = "flag"
)

// Source is where a value came from.
type Source struct {
	Kind SourceKind
	Name string // "usher.toml:12", "USHER_LISTEN", "-listen"; empty for a default
}

// String is the kind and the name.
func (s Source) String() string { return strings.TrimSpace(string(s.Kind) + " " + s.Name) }

// Input is everything that Load looks at.
type Input struct {
	Args    []string // the command line without the program's name
	Environ []string // as os.Environ
	// ReadFile reads the configuration file; nil is the file system.
	ReadFile func(name string) ([]byte, error)
	// Overlay opens and verifies the overlay of whoever made the box; nil looks
	// for none. An error that is fs.ErrNotExist says that the file is not there.
	Overlay func(file, keys string) (*Overlay, error)
}

// Loaded is what usherd was told, and what it was told to do with it.
type Loaded struct {
	Config
	File        string // the configuration file; "" when none was named
	Demo        bool   // -demo: everything inside, nothing kept
	Paid        bool   // -paid: the demo's service gives away no more than a real one
	ReadyFile   string // -ready-file: written when the daemon is ready; "" when not asked for
	PrintConfig bool   // -print-config: print and end
	ClearCEC    bool   // -clear-cec: give back a left HDMI-CEC address and end
	SlotsHelper bool   // -slots-helper: be the program that writes firmware
	// FirmwareHealth is for how long -firmware-health waits; nil: not asked for.
	FirmwareHealth *time.Duration
	ShowManual     bool // -man: print the manual page and end
	ShowVersion    bool // -version: print and end
	Warnings       []string
	Overlay        *Overlay // nil where there is none

	sources map[string]Source
}

// Source says where the value of a key ("state_dir", "player.kind",
// "service") came from.
func (l *Loaded) Source(key string) Source {
	if s, ok := l.sources[key]; ok {
		return s
	}
	return Source{Kind: FromDefault}
}

// Load reads the configuration. Errors are of type *Error, possibly several
// joined, and carry exit code 2; flag.ErrHelp means that Usage was asked for.
func Load(in Input) (*Loaded, error) {
	in.ReadFile = once(in.ReadFile)
	l, err := layered(in, nil) // where the overlay is, which lies below all this
	if err != nil {
		return nil, err
	}
	o, err := l.openOverlay(in)
	if err != nil {
		return nil, err
	}
	if o != nil {
		if l, err = layered(in, o); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(l.checkTogether(), l.checkFiles()); err != nil {
		return nil, err
	}
	return l, nil
}

// layered puts the layers over each other.
func layered(in Input, o *Overlay) (*Loaded, error) {
	l := &Loaded{Config: Default(), Overlay: o, sources: map[string]Source{}}
	given, err := l.parseFlags(in.Args)
	if err != nil {
		return nil, err
	}
	env := environment(in.Environ)
	if l.File == "" {
		l.File = env["USHER_CONFIG"]
	}
	problems := []error{l.applyOverlay(), l.readFile(in.ReadFile), l.applyEnv(env)}
	for _, g := range given {
		problems = append(problems, l.apply(g.setting, "command line", "-"+g.flag, g.value, Source{FromFlag, "-" + g.flag}))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return l, nil
}

// once reads a file when it is first asked for: a pipe can be read no more often.
func once(read func(string) ([]byte, error)) func(string) ([]byte, error) {
	if read == nil {
		read = readLimited
	}
	var data []byte
	var err error
	done := false
	return func(name string) ([]byte, error) {
		if !done {
			data, err = read(name)
			done = true
		}
		return data, err
	}
}

// readFile sets what the configuration file says.
func (l *Loaded) readFile(read func(string) ([]byte, error)) error {
	if l.File == "" {
		return nil
	}
	data, err := read(l.File)
	if err != nil {
		return &Error{Where: l.File, Text: "cannot be read: " + inner(err).Error(), Hint: "check the path given with -config"}
	}
	return l.applyText(FromFile, l.File, data)
}

// readLimited reads one byte more than allowed at most, so that a device or a
// film named by mistake does not fill the memory.
func readLimited(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

func environment(environ []string) map[string]string {
	env := map[string]string{}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(k, "USHER_") {
			env[k] = v
		}
	}
	return env
}

// applyEnv sets what the environment says. A variable that looks like a slip
// of the pen is only a warning: others may use the prefix too.
func (l *Loaded) applyEnv(env map[string]string) error {
	var problems []error
	known := []string{"USHER_CONFIG", "USHER_SERVICES"}
	for _, s := range settings() {
		known = append(known, s.env())
		if v, ok := env[s.env()]; ok {
			problems = append(problems, l.apply(s, "environment", s.env(), v, Source{FromEnv, s.env()}))
		}
	}
	if v, ok := env["USHER_SERVICES"]; ok {
		problems = append(problems, l.envServices(v))
	}
	for k := range env {
		if n := spell.Nearest(k, known); n != "" && n != k && spell.Distance(k, n) <= 2 {
			l.Warnings = append(l.Warnings, fmt.Sprintf("environment variable %s means nothing; %s would", k, n))
		}
	}
	slices.Sort(l.Warnings)
	return errors.Join(problems...)
}

// envServices reads "id=url id=url".
func (l *Loaded) envServices(v string) error {
	l.Services, l.sources["service"] = nil, Source{FromEnv, "USHER_SERVICES"}
	var problems []error
	for _, word := range strings.Fields(v) {
		id, address, _ := strings.Cut(word, "=")
		problems = append(problems, l.addService("environment", "USHER_SERVICES", Service{ID: id, URL: address}))
	}
	return errors.Join(problems...)
}

func (l *Loaded) addService(where, key string, s Service) error {
	if err := serviceID(s.ID); err != nil {
		return complaint(where, key+": id", s.ID, err)
	}
	if err := serviceURL(s.URL); err != nil {
		return complaint(where, key+": url", "", err) // the value may hold a password
	}
	same := func(o Service) bool { return o.ID == s.ID }
	if len(l.Services) >= maxServices || slices.ContainsFunc(l.Services, same) {
		return &Error{Where: where, Key: key + ": id", Value: s.ID, Text: "is there twice, or one service too many"}
	}
	l.Services = append(l.Services, s)
	return nil
}

// apply sets one value of one layer.
func (l *Loaded) apply(s setting, where, key, value string, from Source) error {
	l.sources[s.key] = from
	return complaint(where, key, value, s.set(&l.Config, value))
}

// complaint is nil when err is.
func complaint(where, key, value string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Where: where, Key: key, Value: value, Text: "must be " + err.Error()}
}

// checkTogether finds values that are right each by itself only.
func (l *Loaded) checkTogether() error {
	if l.Listen == l.Media && !strings.HasSuffix(l.Listen, ":0") {
		from := l.Source("media")
		return &Error{Where: from.String(), Key: "media", Value: l.Media, Text: "must not be the address of listen", Hint: "give it a port of its own"}
	}
	if l.Paid && !l.Demo {
		return &Error{Where: "command line", Key: "-paid", Text: "is of a demo", Hint: "usherd -demo -paid"}
	}
	return nil
}

func find(key string) (setting, bool) {
	all := settings()
	i := slices.IndexFunc(all, func(s setting) bool { return s.key == key })
	if i < 0 {
		return setting{}, false
	}
	return all[i], true
}

func keys() []string {
	names := []string{"service"}
	for _, s := range settings() {
		names = append(names, s.key)
	}
	return names
}
