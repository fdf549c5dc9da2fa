package serve

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
)

var errPortal = errors.New("an HTML page came instead of media")

// pageHead is how much of a body is looked at.
const pageHead = 512

// isPage says that a body begins like the page of a captive portal, which must
// not get into a film. Some portals give their page no type, or begin it with a
// script; some services disguise media as HTML. So the first bytes decide, and
// the type only says how well they have to be known. A portal knows no ranges.
func isPage(resp *http.Response, b *bufio.Reader) bool {
	b.Peek(1)            // what is there decides; an error comes again with the first read
	most := b.Buffered() // media may still be in the making
	if isHTML(resp) {
		most = pageHead
	}
	head, _ := b.Peek(min(most, pageHead))
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	if len(head) <= 16 || head[0] != '<' { // a key has 16 bytes of any value
		return false
	}
	head = bytes.ToLower(head)
	if bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html")) {
		return true
	}
	xml := bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("<tt"))
	return isHTML(resp) && resp.StatusCode == http.StatusOK && (!xml || bytes.Contains(head, []byte("<html")))
}

// isHTML says that a service calls its answer a page.
func isHTML(resp *http.Response) bool {
	return strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html")
}

// buffered is a body whose beginning was looked at.
type buffered struct {
	io.Reader
	io.Closer
}
