//go:build linux

package rauc

import (
	"net/http"
	"sync"
)

// office offers releases, counts what is fetched, and can stop in the middle.
type office struct {
	mu     sync.Mutex
	files  http.Handler
	served int64
	stop   int64         // after so many bytes; 0: never
	held   chan struct{} // closed when it stopped
	goOn   chan struct{} // closed when it may go on
}

// offer serves a folder from now on.
func (o *office) offer(dir string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files, o.served, o.stop = http.FileServer(http.Dir(dir)), 0, 0
}

// hold stops after n bytes of what is offered. The channel is closed then.
func (o *office) hold(n int64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stop, o.held, o.goOn = n, make(chan struct{}), make(chan struct{})
	return o.held
}

// release lets what was stopped go on.
func (o *office) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.goOn != nil {
		close(o.goOn)
	}
	o.stop, o.goOn = 0, nil
}

func (o *office) fetched() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.served
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	files := o.files
	o.mu.Unlock()
	files.ServeHTTP(&counted{w, o, r}, r)
}

// counted is an answer that goes out in small pieces, so that it can stop
// anywhere.
type counted struct {
	http.ResponseWriter
	o *office
	r *http.Request
}

func (c *counted) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		var k int
		k, err = c.ResponseWriter.Write(b[:min(len(b), 16<<10)])
		n, b = n+k, b[k:]
		c.count(k)
	}
	return n, err
}

func (c *counted) count(n int) {
	o := c.o
	o.mu.Lock()
	o.served += int64(n)
	goOn := o.goOn
	if o.stop == 0 || o.served < o.stop {
		goOn = nil
	} else if o.held != nil {
		close(o.held)
		o.held = nil
	}
	o.mu.Unlock()
	if goOn != nil {
		select {
		case <-goOn:
		case <-c.r.Context().Done():
		}
	}
}
