package ui

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"usher/internal/box"
)

// Phones are the phones that act as remotes. Calls that change something block
// for the disk; an error may be a *box.Problem, whose text then reaches the
// client.
type Phones interface {
	View() PhonesView
	// Changed has a token after the view changed. Run is its only receiver.
	Changed() <-chan struct{}
	Switch(on bool) error
	Pair() error
	Cancel()
	Remove(id string) error
	// Hosts are the exact values of Host under which phones reach the box.
	Hosts() []string
	// Accept lets in who has connected under the name host, or not: it was told
	// why then. drop must end the connection, and not block; removed says that the
	// phone is not to come back.
	Accept(c PhoneConn, host string, drop func(removed bool)) (PhoneLink, error)
}

// PhoneConn carries messages.
type PhoneConn interface {
	ReadMessage() (kind int, data []byte, err error)
	WriteMessage(kind int, data []byte) error
}

// PhoneLink is the sealed channel of one connection. Seal and Open are for one
// goroutine each.
type PhoneLink interface {
	Seal(text []byte) []byte
	Open(frame []byte) ([]byte, error)
	Named(name string) // how the phone calls itself
	Remove() error     // the phone itself does not want to be one any more
	Leave()
}

// PhonesView is topic "phones".
type PhonesView struct {
	Allowed bool         `json:"allowed"` // by who set the box up
	On      bool         `json:"on"`
	Window  *PhoneWindow `json:"window,omitempty"` // a code is shown
	Ended   string       `json:"ended,omitempty"`  // how the last code was taken away
	Phones  []Phone      `json:"phones"`
	Hosts   []string     `json:"hosts"` // where phones reach the box, the best in front
	Trouble string       `json:"trouble,omitempty"`
}

// PhoneWindow is a code that lets a phone in.
type PhoneWindow struct {
	Code        string  `json:"code"`
	URI         string  `json:"uri,omitempty"` // with the code; none while the box does not listen
	QR          *box.QR `json:"qr,omitempty"`
	ExpiresAtMS int64   `json:"expiresAtMs"`
	TriesLeft   int     `json:"triesLeft"`
}

// Phone is one phone that was let in.
type Phone struct {
	ID       string `json:"id"`
	Name     string `json:"name"` // as it calls itself; may be empty
	PairedMS int64  `json:"pairedMs"`
	SeenMS   int64  `json:"seenMs"` // to the hour
	Here     bool   `json:"here"`   // connected now
}

// typed is topic "typing": what somebody writes on a phone.
type typed struct {
	Text string `json:"text"`
}

// phoneMethods are those about phones, and what they write.
func (b *Bridge) phoneMethods() map[string]spec {
	return map[string]spec{
		"phones.get":    takes(b.phonesGet),
		"phones.switch": takes(b.phonesSwitch).within(b.limits.call),
		"phones.pair":   takes(b.phonesPair).within(b.limits.call),
		"phones.cancel": takes(b.phonesCancel).within(b.limits.call),
		"phones.remove": takes(b.phonesRemove).within(b.limits.call),
		"phones.leave":  takes(b.phonesLeave).within(b.limits.call),
		"remote.text":   takes(b.remoteText).asCommand(),
	}
}

// withPhones is the phones, or the reason why there are none.
func (b *Bridge) withPhones() (Phones, error) {
	if b.phones == nil {
		return nil, refusal(&box.Problem{Code: "phone_off", Text: "Phones cannot act as remotes of this box.", Hint: "Whoever set the box up switched it off: [phone] allow in usher.toml"})
	}
	return b.phones, nil
}

func (b *Bridge) phonesGet(context.Context, *session, none) (any, error) {
	if b.phones == nil {
		return tidyPhones(PhonesView{}), nil
	}
	return tidyPhones(b.phones.View()), nil
}

// phonesDo changes something, and answers with how it is then.
func (b *Bridge) phonesDo(ctx context.Context, c *session, change func(Phones) error) (any, error) {
	p, err := b.withPhones()
	if err != nil {
		return nil, err
	}
	if err := change(p); err != nil {
		if problem, ok := errors.AsType[*box.Problem](err); ok {
			return nil, refusal(problem)
		}
		return nil, err
	}
	return b.phonesGet(ctx, c, none{})
}

type switchParams struct {
	On bool `json:"on"`
}

func (b *Bridge) phonesSwitch(ctx context.Context, c *session, p switchParams) (any, error) {
	return b.phonesDo(ctx, c, func(all Phones) error { return all.Switch(p.On) })
}

func (b *Bridge) phonesPair(ctx context.Context, c *session, _ none) (any, error) {
	return b.phonesDo(ctx, c, Phones.Pair)
}

func (b *Bridge) phonesCancel(ctx context.Context, c *session, _ none) (any, error) {
	return b.phonesDo(ctx, c, func(all Phones) error { all.Cancel(); return nil })
}

type phoneParams struct {
	ID string `json:"id"`
}

func (b *Bridge) phonesRemove(ctx context.Context, c *session, p phoneParams) (any, error) {
	return b.phonesDo(ctx, c, func(all Phones) error { return all.Remove(p.ID) })
}

// phonesLeave takes the phone that asks off the list. It may be cut off before it
// reads the reply. Who came by another door is no phone.
func (b *Bridge) phonesLeave(_ context.Context, c *session, _ none) (any, error) {
	phone, ok := c.ws.(sealedCarrier)
	if !ok {
		return accepted{true}, nil
	}
	if err := phone.link.Remove(); err != nil {
		if problem, ok := errors.AsType[*box.Problem](err); ok {
			return nil, refusal(problem)
		}
		return nil, err
	}
	return accepted{true}, nil
}

type textParams struct {
	Text string `json:"text"`
}

// remoteText shows the screen what somebody writes. It goes past the core: it is
// in no journal, and a search and nothing else comes of it.
func (b *Bridge) remoteText(_ context.Context, _ *session, p textParams) (any, error) {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, p.Text)
	b.publishState(topicTyping, typed{Text: text})
	return accepted{true}, nil
}

// publishPhones tells how the phones stand, and gives what says that they
// changed.
func (b *Bridge) publishPhones() <-chan struct{} {
	if b.phones == nil {
		b.publishState(topicPhones, tidyPhones(PhonesView{}))
		return nil
	}
	b.publishState(topicPhones, tidyPhones(b.phones.View()))
	return b.phones.Changed()
}

// tidyPhones has lists where there are none.
func tidyPhones(v PhonesView) PhonesView {
	v.Phones, v.Hosts = some(v.Phones), some(v.Hosts)
	return v
}
