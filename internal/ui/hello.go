package ui

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/internal/ui/schema"
)

// role is what a connection may do, by where it came in and who it is.
type role struct {
	name    string // of x-roles in the document
	door    string // where it came in
	most    int    // clients at that door; 0 is any number
	guarded bool   // the token is needed
	scopes  []string
}

// The doors.
const (
	doorScreen = "screen" // TCP on loopback
	doorSocket = "socket"
	doorPhone  = "phone" // the LAN
)

// minor is a version of the API within its major version, which is the
// sub-protocol: 1 is 1.1.
type minor int

func (m minor) String() string { return "1." + strconv.Itoa(int(m)) }

// patches says whether the clients of that version know changes of a keyed
// topic; before 1.1 each event has the whole state.
func (m minor) patches() bool { return m >= 1 }

// minorOf reads a version such as "1.1"; newest is the server's.
func minorOf(text string, newest minor) (minor, error) {
	if text == "" {
		return 0, nil // from before sessions pinned one
	}
	digits, ours := strings.CutPrefix(text, "1.")
	n, err := strconv.ParseUint(digits, 10, 8)
	if !ours || err != nil || minor(n) > newest || minor(n).String() != text {
		return 0, fmt.Errorf("API %s is not served; 1.0 to %v are", clip(text), newest)
	}
	return minor(n), nil
}

// newestMinor is the version of the document.
func newestMinor(doc *schema.Document) (minor, error) {
	parts := strings.Split(doc.Info.Version, ".")
	if len(parts) != 3 || parts[0] != "1" {
		return 0, fmt.Errorf("version %q of the document is not 1.x.y", doc.Info.Version)
	}
	n, err := strconv.ParseUint(parts[1], 10, 8)
	if err != nil {
		return 0, fmt.Errorf("version %q of the document: %w", doc.Info.Version, err)
	}
	return minor(n), nil
}

// settle pins the API version, narrows the role when less is asked for, and
// takes a place among the clients.
func (c *session) settle(p helloParams) *fault {
	var err error
	if c.api, err = minorOf(p.API, c.calls.newest); err != nil {
		return newFault(codeRefused, "api_unsupported", fmt.Sprintf("The %v.", err), "Ask for a version that is served; an older client goes on with the one it was made for.")
	}
	c.out.whole = !c.api.patches()
	if bad := c.narrow(p.Role); bad != nil {
		return bad
	}
	if !c.bridge.known(c.place.stranger, c.role) {
		return newFault(codeLimit, "too_many_clients", "Too many clients are connected.", "Close one that is not needed, then connect again.").again()
	}
	return nil
}

// narrow gives up what the named role may not do. A role that may do more than
// the connection's own is denied.
func (c *session) narrow(name string) *fault {
	if name == "" || name == c.role.name {
		return nil
	}
	for _, scope := range c.calls.doc.Roles[name] {
		if !slices.Contains(c.role.scopes, scope) {
			c.denied()
			return newFault(codeForbidden, "role_denied", fmt.Sprintf("The role %s may do what this connection may not: %s.", name, scope),
				"Ask for a role within "+c.role.name+", or connect as somebody who has more: on the box, with sudo.")
		}
	}
	c.role.name, c.role.scopes = name, c.calls.doc.Roles[name]
	return nil
}

type helloParams struct {
	Token  string `json:"token"`
	API    string `json:"api"`
	Role   string `json:"role"`
	Client struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"client"`
}

type helloResult struct {
	Server   serverName `json:"server"`
	Protocol string     `json:"protocol"`
	API      string     `json:"api"`
	Role     string     `json:"role"`
	Scopes   []string   `json:"scopes"`
}

type serverName struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// welcome checks the token and says who is here.
func (c *session) welcome(params json.RawMessage) (json.RawMessage, *fault) {
	var p helloParams
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, paramsFault("", err.Error())
	}
	if c.role.guarded {
		if subtle.ConstantTimeCompare([]byte(p.Token), []byte(c.bridge.token)) != 1 {
			c.bridge.lockouts.wrong(c.peer, time.Now())
			c.denied()
			c.logger.Warn("Client showed a wrong token")
			return nil, newFault(codeForbidden, "token_wrong", "The session token is missing or not of this start of the daemon.",
				"Load the page again; on the box, use the unix socket.")
		}
		c.bridge.lockouts.right(c.peer)
	}
	if s, ok := c.ws.(sealedCarrier); ok {
		s.link.Named(p.Client.Name)
	}
	if bad := c.settle(p); bad != nil {
		return nil, bad
	}
	result, err := json.Marshal(helloResult{
		Server: serverName{Name: "usher", Version: c.bridge.version}, Protocol: Protocol,
		API: c.api.String(), Role: c.role.name, Scopes: c.role.scopes,
	})
	if err != nil {
		return nil, internalFault()
	}
	return result, nil
}

// mayFollow denies a topic that the role may not see.
func (c *session) mayFollow(name topicName) *fault {
	scope, listed := c.calls.doc.Topics[string(name)]
	if listed && slices.Contains(c.role.scopes, scope) {
		return nil
	}
	c.denied()
	return c.calls.forbiddenFault("topic "+string(name), scope, c.role.name)
}
