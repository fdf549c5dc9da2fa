package keymap

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"usher/device/remote"
)

// Device is what is known of an input device when its table is looked for.
type Device struct {
	Name    string // EVIOCGNAME
	Bus     uint16 // BUS_*: 0x03 USB, 0x05 Bluetooth, 0x19 host, 0x1e CEC
	Vendor  uint16
	Product uint16
	Unique  string // EVIOCGUNIQ; of a Bluetooth remote its address
}

// Match says which devices a table is for: all that is given must fit.
type Match struct {
	Name    *regexp.Regexp // anywhere in the name
	Bus     *uint16
	Vendor  *uint16
	Product *uint16
	Unique  string
}

func (m Match) fits(d Device) bool {
	same := func(want *uint16, is uint16) bool { return want == nil || *want == is }
	return (m.Name == nil || m.Name.MatchString(d.Name)) && same(m.Bus, d.Bus) && same(m.Vendor, d.Vendor) &&
		same(m.Product, d.Product) && (m.Unique == "" || m.Unique == d.Unique)
}

// Use says whether a device is read, against what its keys let believe.
type Use uint8

// The uses.
const (
	UseByKind Use = iota // remotes are read, keyboards and mice are not
	UseAlways            // "use": true
	UseNever             // "use": false
)

// Table is what the buttons of one device mean.
type Table struct {
	Name string // of the table; "built in"
	Use  Use
	Keys map[uint32]remote.Binding
}

// Map is everything that is known about remotes.
type Map struct {
	own   []own
	linux map[uint32]remote.Binding
	cec   map[uint32]remote.Binding
}

// own is a table of a file.
type own struct {
	name  string
	match Match
	use   Use
	keys  map[uint32]remote.Binding
}

// Builtin is the map without a file.
func Builtin() *Map {
	codes := NewCodes()
	m := &Map{linux: map[uint32]remote.Binding{}, cec: map[uint32]remote.Binding{}}
	for name, k := range linux() {
		if code, ok := codes.Code(name); ok {
			m.linux[code] = remote.Binding{Short: k}
		}
	}
	for code, k := range cec() {
		m.cec[code] = remote.Binding{Short: k}
	}
	return m
}

// Of is the table of a device: that of the first entry that fits, over the
// built-in one.
func (m *Map) Of(d Device) Table {
	t := Table{Name: "built in", Keys: m.linux}
	i := slices.IndexFunc(m.own, func(o own) bool { return o.match.fits(d) })
	if i < 0 {
		return t
	}
	t.Name, t.Use, t.Keys = m.own[i].name, m.own[i].use, maps.Clone(m.linux)
	maps.Copy(t.Keys, m.own[i].keys)
	return t
}

// CEC is what a UI command code of HDMI-CEC means.
func (m *Map) CEC(code uint8) remote.Binding { return m.cec[uint32(code)] }

// Parse reads a file over the built-in map. The error is an [*Error] with the
// line that is wrong.
//
//	{
//	  "cec": { "0x0d": "back", "0x76": { "short": "info", "long": "menu" } },
//	  "remotes": [
//	    {
//	      "name": "Living room",
//	      "match": { "name": "^ACME", "vendor": "0x1d57", "bus": "bluetooth" },
//	      "use": true,
//	      "keys": { "KEY_F1": "search", "0x1d2": { "short": "ok", "long": "menu", "double": "home" }, "KEY_MAIL": "" }
//	    }
//	  ]
//	}
func Parse(data []byte) (*Map, error) {
	if len(data) > MaxFile {
		return nil, &Error{Line: 1, Text: "the file is longer than " + strconv.Itoa(MaxFile>>10) + " KiB"}
	}
	p := parser{reader: newReader(data), codes: NewCodes(), m: Builtin()}
	err := p.object("the file", func(name string) error {
		switch name {
		case "cec":
			return p.keys(p.cecCode, p.m.cec)
		case "remotes":
			return p.array("remotes", p.remote)
		case "$schema", "comment":
			_, err := p.text(name)
			return err
		}
		return p.unknown("field", name, []string{"cec", "remotes", "comment"})
	})
	if err != nil {
		return nil, err
	}
	if p.dec.More() {
		return nil, p.fail("something follows after the end")
	}
	return p.m, nil
}

// maxRemotes is how many tables a file may have.
const maxRemotes = 200

type parser struct {
	*reader
	codes Codes
	m     *Map
}

func (p *parser) remote() error {
	o := own{keys: map[uint32]remote.Binding{}}
	matched := false
	err := p.object("a remote", func(name string) (err error) {
		switch name {
		case "name":
			o.name, err = p.text("name")
		case "match":
			matched = true
			err = p.object("match", func(n string) error { return p.match(n, &o.match) })
		case "use":
			var use bool
			use, err = p.truth("use")
			if o.use = UseNever; use {
				o.use = UseAlways
			}
		case "keys":
			err = p.keys(p.linuxCode, o.keys)
		case "comment":
			_, err = p.text(name)
		default:
			err = p.unknown("field", name, []string{"name", "match", "use", "keys", "comment"})
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !matched || o.match == (Match{}):
		return p.fail("a remote needs a match that says which device it is about")
	case len(p.m.own) >= maxRemotes:
		return p.fail("more than %d remotes", maxRemotes)
	}
	p.m.own = append(p.m.own, o)
	return nil
}

func buses() map[string]uint16 {
	return map[string]uint16{"usb": 0x03, "bluetooth": 0x05, "virtual": 0x06, "i2c": 0x18, "host": 0x19, "cec": 0x1e}
}

func (p *parser) match(name string, m *Match) error {
	text, err := p.text(name)
	if err != nil {
		return err
	}
	switch name {
	case "name":
		if m.Name, err = regexp.Compile(text); err != nil || len(text) > 200 {
			return p.fail("name %q is not a regular expression", clip(text))
		}
	case "unique":
		m.Unique = text
	case "vendor":
		m.Vendor, err = p.number(name, text)
	case "product":
		m.Product, err = p.number(name, text)
	case "bus":
		b, ok := buses()[text]
		if !ok {
			return p.unknown("bus", text, slices.Collect(maps.Keys(buses())))
		}
		m.Bus = &b
	default:
		return p.unknown("field", name, []string{"name", "bus", "vendor", "product", "unique"})
	}
	return err
}

func (p *parser) number(what, text string) (*uint16, error) {
	n, err := strconv.ParseUint(text, 0, 16)
	if err != nil {
		return nil, p.fail("%s %q is not a number such as \"0x1d57\"", what, clip(text))
	}
	v := uint16(n)
	return &v, nil
}

// keys reads a table into m. A meaning of "" takes a button away.
func (p *parser) keys(codeOf func(string) (uint32, error), m map[uint32]remote.Binding) error {
	return p.object("keys", func(name string) error {
		code, err := codeOf(name)
		if err != nil {
			return err
		}
		b, err := p.binding()
		if err != nil {
			return err
		}
		m[code] = b
		return nil
	})
}

func (p *parser) linuxCode(name string) (uint32, error) {
	code, ok := p.codes.Code(name)
	if !ok {
		return 0, p.unknown("button", name, p.codes.names())
	}
	return code, nil
}

func (p *parser) cecCode(name string) (uint32, error) {
	n, err := strconv.ParseUint(name, 0, 8)
	if err != nil {
		return 0, p.fail("%q is not a UI command code of CEC, such as \"0x0d\"", clip(name))
	}
	return uint32(n), nil
}

// binding is a key's name, or an object with short, long and double.
func (p *parser) binding() (b remote.Binding, err error) {
	t, err := p.token()
	if err != nil {
		return b, err
	}
	if name, ok := t.(string); ok {
		b.Short, err = p.key(name)
		return b, err
	}
	if t != json.Delim('{') {
		return b, p.fail("a key means a name in quotes, or { } with short, long and double")
	}
	err = p.fields(func(name string) (err error) {
		var text string
		if text, err = p.text(name); err != nil {
			return err
		}
		switch name {
		case "short":
			b.Short, err = p.key(text)
		case "long":
			b.Long, err = p.key(text)
		case "double":
			b.Double, err = p.key(text)
		default:
			err = p.unknown("press", name, []string{"short", "long", "double"})
		}
		return err
	})
	return b, err
}

func (p *parser) key(name string) (remote.Key, error) {
	k := remote.Key(name)
	if k == "" || k.Valid() {
		return k, nil
	}
	known := make([]string, 0, 64)
	for _, k := range remote.Keys() {
		known = append(known, string(k))
	}
	return "", p.unknown("key", name, known)
}
