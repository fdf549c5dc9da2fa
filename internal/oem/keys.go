package oem

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"usher/device/cec/playback"
	"usher/device/remote/keymap"
	"usher/internal/rights"
)

// keymap checks what the buttons mean.
func (l *linter) keymap(name string, data []byte) {
	_, err := keymap.Parse(data)
	if err == nil {
		return
	}
	p := Problem{File: name, Text: err.Error(), Hint: "docs/remotes.md says what a keymap has"}
	if e, ok := errors.AsType[*keymap.Error](err); ok {
		p.File, p.Text = name+":"+strconv.Itoa(e.Line), e.Text
		if e.Hint != "" {
			p.Hint = e.Hint
		}
	}
	l.wrong(p)
}

// quirks checks what televisions do differently.
func (l *linter) quirks(name string, data []byte) {
	if _, err := playback.ParseQuirks(data); err != nil {
		l.wrong(Problem{File: name, Text: err.Error(), Hint: "docs/cec.md says what a row may have"})
	}
}

// keySet checks the public keys of installers, and that they are no more.
func (l *linter) keySet(name string, data []byte) {
	const next = "usher bundle key prints such a set"
	if _, err := rights.ParseKeys(data); err != nil {
		l.wrong(Problem{File: name, Key: "keys", Text: err.Error(), Hint: next})
		return
	}
	var set struct {
		Keys []struct {
			KID     string          `json:"kid"`
			Private json.RawMessage `json:"d"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		l.wrong(Problem{File: name, Key: "keys", Text: err.Error(), Hint: next})
		return
	}
	for _, k := range set.Keys {
		if k.Private != nil {
			l.wrong(Problem{File: name, Key: "d", Text: fmt.Sprintf("holds the private half of key %.80q", k.KID), Hint: "take d out, and make a new key if anybody has seen it"})
		}
	}
}

// root checks that the root of the firmware is metadata of that kind, with two
// signatures where two are wanted. Whether they are right is for each box to
// verify, and for usher-release show.
func (l *linter) root(name string, data []byte) {
	const next = "take public/metadata/1.root.json of the repository that usher-release made"
	var m struct {
		Signatures []struct {
			ID string `json:"keyid"`
		} `json:"signatures"`
		Signed struct {
			Type    string    `json:"_type"`
			Expires time.Time `json:"expires"`
			Roles   map[string]struct {
				Threshold int `json:"threshold"`
			} `json:"roles"`
		} `json:"signed"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		l.wrong(Problem{File: name, Text: "not JSON: " + err.Error(), Hint: next})
		return
	}
	need := m.Signed.Roles["root"].Threshold
	switch {
	case m.Signed.Type != "root":
		l.wrong(Problem{File: name, Key: "_type", Text: fmt.Sprintf("is %.40q and not \"root\"", m.Signed.Type), Hint: next})
	case need < 1 || len(m.Signatures) < need:
		l.wrong(Problem{File: name, Key: "signatures", Text: fmt.Sprintf("%d of %d signatures are there", len(m.Signatures), need), Hint: "have it signed: usher-release sign"})
	}
}
