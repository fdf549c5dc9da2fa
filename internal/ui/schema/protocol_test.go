package schema

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
)

const protocolFile = "../../../docs/protocol.md"

// TestProtocolDocument holds docs/protocol.md against the OpenRPC document.
// With USHER_WRITE=1 it writes the file:
//
//	USHER_WRITE=1 go test ./internal/ui/schema -run TestProtocolDocument
func TestProtocolDocument(t *testing.T) {
	doc, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	want := markdown(doc)
	if os.Getenv("USHER_WRITE") != "" {
		if err := os.WriteFile(protocolFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(protocolFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/protocol.md is stale; run: USHER_WRITE=1 go test ./internal/ui/schema -run TestProtocolDocument")
	}
}

// writer writes Markdown.
type writer struct {
	strings.Builder
	doc *Document
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func markdown(doc *Document) string {
	w := &writer{doc: doc}
	w.line("# %s %s\n", doc.Info.Title, doc.Info.Version)
	w.line("<!-- Written from internal/ui/schema/openrpc.json by TestProtocolDocument; change that file. -->\n")
	w.line("%s\n", doc.Info.Description)
	w.WriteString(introduction)
	w.roles()
	w.permissions()
	w.methods()
	w.notifications()
	w.errors()
	w.types()
	return w.String()
}

const introduction = `## Connecting

* ` + "`ws://127.0.0.1:8787/rpc`" + ` (TCP, role *screen*) or the unix socket (role *local*), sub-protocol ` + "`usher.v1`" + `, text messages, JSON-RPC 2.0. Ids are strings, numbers or null; batches have at most 50 calls; params go by name or by position.
* On TCP the Host must be ` + "`127.0.0.1`, `localhost` or `[::1]`" + ` with the port (else 421), and the Origin one of these with ` + "`http://`" + ` (else 403). The page gets its token from ` + "`<meta name=\"usher-token\">`" + ` in its index.html; the token is of one start of the daemon. On the unix socket there is no token, and an Origin is refused.
* The first frame is ` + "`session.hello`" + `, alone, within 2 s. Five wrong tokens lock the peer out for 60 s (429).
* The sub-protocol is the major version of the API; ` + "`api`" + ` in the hello pins the minor one, and the session stays with what that version had: a page made for 1.1 runs on a box that serves more. Without it the session is one of 1.0. Clients pass over members and words that they do not know.
* On the unix socket the role is that of the user: *installer* for root and the daemon's own, *oem* for the user named in the configuration, *local* for everybody else whom the mode of the socket lets in. ` + "`role`" + ` in the hello gives up what another role may not do.
* Replies come in the order of the calls. Commands (player.…, remote.key) are carried out in the order sent, and do not wait behind look-ups that still run; their replies do.
* Limits: message 64 KiB (close 1009), JSON depth 16, 10 calls/s with bursts of 40, 50 keys/s with bursts of 20, 160 clients of which 128 on TCP and 16 phones, 16 connections at each door that have not said hello yet (the oldest of them goes). The server pings every 20 s; a client that is silent for 50 s or does not take a message within 5 s is dropped.

## Phones

* While somebody at the box wants it (` + "`phones.switch`, `phones.pair`" + `), phones reach ` + "`ws://ADDRESS:8789/rpc`" + ` on the box's private addresses, with the role *remote*. Host and Origin must be one of ` + "`hosts`" + ` in topic phones, exactly; other messages than these are not understood there.
* The first four messages are text, JSON, at most 512 bytes: SPAKE2 (RFC 9382, P-256, SHA-256, HKDF, HMAC) with the phone as A. ` + "`{phone, share}`" + ` from the phone, ` + "`{share}`" + ` back, ` + "`{confirm}`, `{confirm}`" + `; bytes are base64url. A phone that comes by a code and was let in before may add ` + "`{was, proof}`" + ` to its confirmation: its id, and 16 bytes by HKDF-SHA-256 of its key and Ke with the info ` + "`usher phone 1 again`" + `; it takes the place of its older self then. Instead of either answer ` + "`{error, left}`" + `: closed (no code is shown), wrong, unknown (removed), busy, garbage; then close 4403. It has 10 s.
* The names are ` + "`usher phone`" + `, with a space and its id if it has one, and ` + "`usher box at HOST`" + `, with Host as the phone sent it. The secret is HKDF-SHA-256 without salt of the code with the info ` + "`usher phone 1 code`" + `, or of the phone's key with ` + "`usher phone 1 reconnect`" + `, and a byte 0 after it, of 32 bytes; if that is no scalar of the group, the byte is counted up.
* From Ke come, by HKDF-SHA-256 without salt: ` + "`usher phone 1 id`" + ` (8 bytes, in hexadecimal) and ` + "`usher phone 1 key`" + ` (32) of a new phone; ` + "`usher phone 1 to box`" + ` and ` + "`usher phone 1 to phone`" + ` (32), the keys of the two directions.
* Then messages are binary: one JSON-RPC message each, sealed with ChaCha20-Poly1305 (RFC 8439), without additional data; the nonce is the number of the frame from 0, little-endian. At most 8 KiB from the phone. The first is ` + "`session.hello`" + `, whose token may be empty.

## Following topics

` + "`topic.subscribe`" + ` answers with ` + "`{epoch, seq, state}`" + ` for each topic; then ` + "`topic.event`" + ` brings each change, with the topic's whole new ` + "`state`" + ` or, for progress from API 1.1 on, as ` + "`{after, patch}`" + `: members to set, and null for those to take away. After a break, say ` + "`topic.resume {topic, epoch, seq}`" + ` with what was seen last, on the new connection: the answer has either everything missed or a fresh snapshot, and the topic is followed again. An event never comes before the reply that its topic was followed with.

Positions are ` + "`{positionMs, rate, atMs}`" + `: a client moves them on by itself only while phase is ` + "`playing`" + `.

## HTTP

| path | what |
|---|---|
| ` + "`GET /`" + ` | the page and its assets (TCP only) |
| ` + "`GET /art/{title id}/poster`, `…/backdrop`" + ` | a picture of a title, fetched by the daemon (TCP only) |
| ` + "`GET /healthz`" + ` | 200 or 503, JSON |
| ` + "`GET /metrics`" + ` | Prometheus text |

GET changes nothing; there are no CORS headers.

`

func (w *writer) roles() {
	w.line("## Roles\n")
	w.line("| role | scopes |\n|---|---|")
	for _, name := range slices.Sorted(maps.Keys(w.doc.Roles)) {
		w.line("| %s | %s |", name, strings.Join(w.doc.Roles[name], ", "))
	}
	w.line("")
}

// permissions says who may call what.
func (w *writer) permissions() {
	roles := slices.Sorted(maps.Keys(w.doc.Roles))
	w.line("| method | scope | %s |\n|---|---|%s", strings.Join(roles, " | "), strings.Repeat("---|", len(roles)))
	for _, m := range w.doc.Methods {
		row := "| " + m.Name + " | " + m.Scope + " |"
		for _, role := range roles {
			mark := " |"
			if m.Scope == "" || slices.Contains(w.doc.Roles[role], m.Scope) {
				mark = " ✓ |"
			}
			row += mark
		}
		w.line("%s", row)
	}
	w.line("")
	w.line("| topic | scope | %s |\n|---|---|%s", strings.Join(roles, " | "), strings.Repeat("---|", len(roles)))
	for _, topic := range slices.Sorted(maps.Keys(w.doc.Topics)) {
		row := "| " + topic + " | " + w.doc.Topics[topic] + " |"
		for _, role := range roles {
			mark := " |"
			if slices.Contains(w.doc.Roles[role], w.doc.Topics[topic]) {
				mark = " ✓ |"
			}
			row += mark
		}
		w.line("%s", row)
	}
	w.line("")
}

func (w *writer) methods() {
	w.line("## Methods\n")
	for _, m := range w.doc.Methods {
		w.line("### %s\n", m.Name)
		text := m.Summary
		if m.Description != "" {
			text += " " + m.Description
		}
		w.line("%s\n", text)
		for _, p := range m.Params {
			optional := ""
			if !p.Required {
				optional = ", optional"
			}
			w.line("* param `%s`%s: %s", p.Name, optional, w.describe(p.Schema))
		}
		if len(m.ExactlyOne) > 0 {
			w.line("* exactly one of `%s`", strings.Join(m.ExactlyOne, "`, `"))
		}
		w.line("* result: %s", w.describe(m.Result.Schema))
		if m.Scope != "" {
			w.line("* scope: %s", m.Scope)
		}
		if m.Since != "" {
			w.line("* since API %s", m.Since)
		}
		if len(m.Errors) > 0 {
			codes := []string{}
			for _, e := range m.Errors {
				codes = append(codes, fmt.Sprint(e.Code))
			}
			w.line("* errors, beside the common ones: %s", strings.Join(codes, ", "))
		}
		w.line("")
	}
}

func (w *writer) notifications() {
	w.line("## Notifications\n")
	for _, n := range w.doc.Notifications {
		w.line("* `%s`: %s Params: %s", n.Name, n.Summary, w.describe(n.Params))
	}
	w.line("")
}

func (w *writer) errors() {
	w.line("## Errors\n")
	w.line("Every error has data of type [ErrorData](#errordata). Codes 1 and up are ours, one meaning each.\n")
	w.line("| code | meaning |\n|---|---|")
	list := slices.Collect(maps.Values(w.doc.Components.Errors))
	sort.Slice(list, func(i, j int) bool { return list[i].Code < list[j].Code })
	for _, e := range list {
		w.line("| %d | %s |", e.Code, e.Message)
	}
	w.line("\n| close code | meaning |\n|---|---|")
	for _, code := range slices.Sorted(maps.Keys(w.doc.CloseCodes)) {
		w.line("| %s | %s |", code, w.doc.CloseCodes[code])
	}
	w.line("\nCodes of a [Problem](#problem), and keys of an error with code 1:\n")
	w.line("| problem | meaning |\n|---|---|")
	for _, code := range slices.Sorted(maps.Keys(w.doc.Problems)) {
		w.line("| %s | %s |", code, w.doc.Problems[code])
	}
	w.line("")
}

func (w *writer) types() {
	w.line("## Types\n")
	for _, name := range slices.Sorted(maps.Keys(w.doc.Components.Schemas)) {
		s := w.doc.Components.Schemas[name]
		w.line("### %s\n", name)
		if s.Description != "" {
			w.line("%s\n", s.Description)
		}
		if len(s.Properties) == 0 {
			bare := *s
			bare.Description = ""
			w.line("* %s\n", w.describe(&bare))
			continue
		}
		for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
			optional := ""
			if !slices.Contains(s.Required, member) {
				optional = ", optional"
			}
			w.line("* `%s`%s: %s", member, optional, w.describe(s.Properties[member]))
		}
		w.line("")
	}
}

// describe says in a line what a schema allows.
func (w *writer) describe(s *Schema) string {
	text := w.kind(s)
	if s.Description != "" {
		text += ". " + s.Description
	}
	return text
}

func (w *writer) kind(s *Schema) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	}
	switch {
	case len(s.OneOf) > 0:
		kinds := []string{}
		for _, o := range s.OneOf {
			kinds = append(kinds, w.kind(o))
		}
		return strings.Join(kinds, " or ")
	case s.Const != nil:
		return fmt.Sprintf("`%v`", s.Const)
	case len(s.Enum) > 0:
		words := []string{}
		for _, e := range s.Enum {
			words = append(words, fmt.Sprintf("`%v`", e))
		}
		return strings.Join(words, ", ")
	case len(s.Type) == 0:
		return "anything"
	case s.Type[0] == "array":
		return "list of " + w.kind(s.Items) + limit(" items", s.MinItems, s.MaxItems)
	case s.Type[0] == "object":
		return w.object(s)
	case s.Type[0] == "string":
		return "string" + limit(" characters", s.MinLength, s.MaxLength)
	}
	if s.Minimum != nil && s.Maximum != nil {
		return fmt.Sprintf("%s %.0f to %.0f", s.Type[0], *s.Minimum, *s.Maximum)
	}
	return s.Type[0]
}

func (w *writer) object(s *Schema) string {
	switch {
	case s.Additional != nil && s.Additional.Schema != nil:
		return "map of " + w.kind(s.Additional.Schema)
	case s.Additional != nil && s.Additional.Any:
		return "object"
	}
	members := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		mark := ""
		if !slices.Contains(s.Required, name) {
			mark = "?"
		}
		members = append(members, fmt.Sprintf("%s%s: %s", name, mark, w.kind(s.Properties[name])))
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func limit(unit string, least, most int) string {
	switch {
	case most > 0:
		return fmt.Sprintf(" (%d to %d%s)", least, most, unit)
	case least > 0:
		return fmt.Sprintf(" (at least %d%s)", least, unit)
	}
	return ""
}
