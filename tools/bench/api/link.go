package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// link is a connection that carries JSON texts. A goroutine reads it, so that
// a text's time is that of its coming in, whoever waits for what.
type link struct {
	write func([]byte) error
	end   func() error
	texts chan text
	at    time.Time // of what heard found
}

// text is one message of the server.
type text struct {
	data []byte
	at   time.Time
}

var errNothing = errors.New("nothing came in time")

func (l *link) read(next func() ([]byte, error)) {
	defer close(l.texts)
	for {
		data, err := next()
		if err != nil {
			return // closed
		}
		select {
		case l.texts <- text{data, time.Now()}:
		default: // the bench has fallen far behind: the figure will be missed
		}
	}
}

// until waits for a message that holds all the words.
func (l *link) until(words ...string) (text, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case m, ok := <-l.texts:
			if !ok {
				return m, errors.New("the connection ended")
			}
			if holds(m.data, words) {
				return m, nil
			}
		case <-timer.C:
			return text{}, fmt.Errorf("%q: %w", words, errNothing)
		}
	}
}

func holds(data []byte, words []string) bool {
	for _, w := range words {
		if !bytes.Contains(data, []byte(w)) {
			return false
		}
	}
	return true
}

func (l *link) hear(words ...string) error {
	m, err := l.until(words...)
	l.at = m.at
	return err
}

func (l *link) arrived() time.Time { return l.at }

func (l *link) close() { _ = l.end() }

// waiting is how many messages a link holds for its client.
const waiting = 1024

// onSocket is a link of lines over a unix socket.
func onSocket(path string) (*link, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	l := &link{texts: make(chan text, waiting), end: conn.Close}
	l.write = func(data []byte) error {
		_, err := conn.Write(append(data, '\n'))
		return err
	}
	lines := bufio.NewReader(conn)
	go l.read(func() ([]byte, error) { return lines.ReadBytes('\n') })
	return l, nil
}

// onWebSocket is a link over a WebSocket that is open.
func onWebSocket(ws *websocket.Conn) *link {
	l := &link{texts: make(chan text, waiting), end: ws.Close}
	l.write = func(data []byte) error { return ws.WriteMessage(websocket.TextMessage, data) }
	go l.read(func() ([]byte, error) {
		_, data, err := ws.ReadMessage()
		return data, err
	})
	return l
}
