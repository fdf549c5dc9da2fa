package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// qmp is the line to QEMU itself.
type qmp struct {
	conn    net.Conn
	answers chan map[string]any
	resets  chan time.Time
}

func (g *guest) openQMP() (*qmp, error) {
	c, err := g.dial("qmp.sock")
	if err != nil {
		return nil, err
	}
	q := &qmp{conn: c, answers: make(chan map[string]any, 16), resets: make(chan time.Time, 16)}
	go func() {
		defer close(q.answers)
		d := json.NewDecoder(c)
		for {
			var m map[string]any
			if d.Decode(&m) != nil {
				return
			}
			switch {
			case m["event"] == "RESET" && m["data"].(map[string]any)["guest"] == true:
				q.resets <- time.Now()
			case m["return"] != nil || m["error"] != nil:
				q.answers <- m
			}
		}
	}()
	_, err = q.do("qmp_capabilities", nil)
	return q, err
}

// do has QEMU do something.
func (q *qmp) do(what string, with map[string]any) (any, error) {
	ask := map[string]any{"execute": what}
	if with != nil {
		ask["arguments"] = with
	}
	if err := json.NewEncoder(q.conn).Encode(ask); err != nil {
		return nil, err
	}
	m, ok := <-q.answers
	if !ok {
		return nil, errOver
	}
	if m["error"] != nil {
		return nil, fmt.Errorf("%s: %v", what, m["error"])
	}
	return m["return"], nil
}

// save keeps the whole machine as it is.
func (q *qmp) save(name string) error {
	text, err := q.do("human-monitor-command", map[string]any{"command-line": "savevm " + name})
	if s, ok := text.(string); err == nil && ok && strings.TrimSpace(s) != "" {
		return errors.New(s)
	}
	return err
}
