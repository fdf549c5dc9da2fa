package mdns

import (
	"fmt"

	"golang.org/x/net/dns/dnsmessage"
)

// The lives of records, in seconds (RFC 6762 section 10).
const (
	hostTTL  = 120
	otherTTL = 4500
	plainTTL = 10 // for those who know nothing of mDNS (section 6.7)
)

// flush marks a record that replaces others of its name (section 10.2), and a
// question whose answer may come directly (section 5.4).
const flush = 1 << 15

// query is what is of interest in a message.
type query struct {
	id        uint16
	response  bool
	ours      bool // a record is about a name that is to be this machine's alone
	questions []dnsmessage.Question
	wanted    []dnsmessage.Question // questions about names of ours
}

// maxQuestions is how many questions of one message are answered.
const maxQuestions = 16

// read reads a message.
func (n names) read(packet []byte) (query, error) {
	var p dnsmessage.Parser
	head, err := p.Start(packet)
	if err != nil {
		return query{}, fmt.Errorf("read mDNS message: %w", err)
	}
	m := query{id: head.ID, response: head.Response}
	for len(m.questions) < maxQuestions {
		q, err := p.Question()
		if err == dnsmessage.ErrSectionDone { //nolint:errorlint // the package compares it so
			break
		}
		if err != nil {
			return query{}, fmt.Errorf("read mDNS question: %w", err)
		}
		q.Class &^= flush
		m.questions = append(m.questions, q)
		if name, ok := n.known(q.Name); ok && (q.Class == dnsmessage.ClassINET || q.Class == dnsmessage.ClassANY) {
			q.Name = name
			m.wanted = append(m.wanted, q)
		}
	}
	if !m.response {
		return m, nil
	}
	for range maxQuestions {
		h, err := p.AnswerHeader()
		if err != nil {
			break // of no interest
		}
		m.ours = m.ours || equalFold(h.Name, n.host) || equalFold(h.Name, n.instance)
		if p.SkipAnswer() != nil {
			break
		}
	}
	return m, nil
}

// probe asks whether anybody has the names, and says that they are wanted
// (section 8.1).
func (n names) probe(s Service) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{})
	b.EnableCompression()
	if err := b.StartQuestions(); err != nil {
		return nil, err
	}
	for _, name := range []dnsmessage.Name{n.instance, n.host} {
		if err := b.Question(dnsmessage.Question{Name: name, Type: dnsmessage.TypeALL, Class: dnsmessage.ClassINET}); err != nil {
			return nil, err
		}
	}
	if err := b.StartAuthorities(); err != nil {
		return nil, err
	}
	w := writer{builder: &b, names: n, service: s, ttl: func(uint32) uint32 { return hostTTL }}
	w.srv()
	w.address()
	if w.err != nil {
		return nil, w.err
	}
	return b.Finish()
}

// reply says what an answer has.
type reply struct {
	id        uint16
	questions []dnsmessage.Question // repeated, for those who know nothing of mDNS
	wanted    []dnsmessage.Question
	all       bool // everything, unasked
	bye       bool // it is no longer so
	plain     bool
}

func (o reply) asks(name dnsmessage.Name, kinds ...dnsmessage.Type) bool {
	if o.all {
		return true
	}
	for _, q := range o.wanted {
		for _, k := range kinds {
			if q.Name == name && (q.Type == k || q.Type == dnsmessage.TypeALL) {
				return true
			}
		}
	}
	return false
}

// answer makes an answer. What belongs to what was asked for comes along.
func (n names) answer(s Service, o reply) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: o.id, Response: true, Authoritative: true})
	b.EnableCompression()
	if o.plain {
		if err := b.StartQuestions(); err != nil {
			return nil, err
		}
		for _, q := range o.questions {
			if err := b.Question(q); err != nil {
				return nil, err
			}
		}
	}
	if err := b.StartAnswers(); err != nil {
		return nil, err
	}
	w := writer{builder: &b, names: n, service: s, ttl: o.ttl}
	if !o.plain {
		w.unique = flush
	}
	found := o.asks(n.kind, dnsmessage.TypePTR)
	if o.asks(n.list, dnsmessage.TypePTR) {
		w.pointer(n.list, n.kind)
	}
	if found {
		w.pointer(n.kind, n.instance)
	}
	if found || o.asks(n.instance, dnsmessage.TypeSRV, dnsmessage.TypeTXT) {
		w.srv()
		w.text()
		w.address()
	} else if o.asks(n.host, dnsmessage.TypeA) {
		w.address()
	}
	if w.err != nil {
		return nil, w.err
	}
	return b.Finish()
}

func (o reply) ttl(usual uint32) uint32 {
	switch {
	case o.bye:
		return 0
	case o.plain:
		return plainTTL
	}
	return usual
}

// writer adds records until something goes wrong.
type writer struct {
	builder *dnsmessage.Builder
	names   names
	service Service
	ttl     func(usual uint32) uint32
	unique  dnsmessage.Class
	err     error
}

func (w *writer) head(name dnsmessage.Name, ttl uint32, bits dnsmessage.Class) dnsmessage.ResourceHeader {
	return dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET | bits, TTL: w.ttl(ttl)}
}

func (w *writer) pointer(from, to dnsmessage.Name) {
	if w.err == nil {
		w.err = w.builder.PTRResource(w.head(from, otherTTL, 0), dnsmessage.PTRResource{PTR: to})
	}
}

func (w *writer) srv() {
	if w.err == nil {
		w.err = w.builder.SRVResource(w.head(w.names.instance, hostTTL, w.unique), dnsmessage.SRVResource{Port: w.service.Port, Target: w.names.host})
	}
}

// text is empty but for one byte (RFC 6763 section 6.1): nothing is told about
// the box.
func (w *writer) text() {
	if w.err == nil {
		w.err = w.builder.TXTResource(w.head(w.names.instance, otherTTL, w.unique), dnsmessage.TXTResource{TXT: []string{""}})
	}
}

func (w *writer) address() {
	if w.err == nil {
		w.err = w.builder.AResource(w.head(w.names.host, hostTTL, w.unique), dnsmessage.AResource{A: w.service.Address.As4()})
	}
}
