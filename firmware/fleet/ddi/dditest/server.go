// Package dditest is a server that speaks hawkBit's Direct Device Integration
// API, version 1, for tests: written from its published description, as strict
// as that is, with one tenant and any number of boxes, and without a disk.
//
// It is an http.Handler and safe for concurrent use. It never blocks.
package dditest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Deployment is what a server wants a box to install.
type Deployment struct {
	Version  string
	Download string // skip, attempt or forced
	Update   string
	Window   string // "", available or unavailable
}

// Action is a deployment on its way.
type Action struct {
	ID int64
	Deployment
	State   string   // wait_for_confirmation, running, canceling, canceled, finished, error
	Told    []string // feedback, as "execution/result"
	Details []string
}

// Server is hawkBit, as far as boxes see it.
type Server struct {
	Tenant  string
	Token   string // of every box
	Sleep   string // between two looks, such as "00:05:00"
	Confirm bool   // boxes are asked first
	Href    string // what links begin with; "" is what the box called
	// Quota is how many messages an action may have; 0 is hawkBit's 1000.
	Quota int

	mu      sync.Mutex
	actions map[string][]*Action // by box, oldest first
	config  map[string]map[string]string
	last    int64
	fail    int
	calls   []string
}

// Assign has a box install something. What it was doing is cancelled, as in
// hawkBit.
func (s *Server) Assign(box string, d Deployment) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.open(box); a != nil {
		a.State = "canceling"
	}
	s.last++
	a := &Action{ID: s.last, Deployment: d, State: "running"}
	if s.Confirm {
		a.State = "wait_for_confirmation"
	}
	if s.actions == nil {
		s.actions = map[string][]*Action{}
	}
	s.actions[box] = append(s.actions[box], a)
	return a.ID
}

// Change changes the open action of a box, as an operator does.
func (s *Server) Change(box string, f func(*Deployment)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.open(box).Deployment)
}

// Cancel asks a box to stop.
func (s *Server) Cancel(box string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open(box).State = "canceling"
}

// Action is how an action stands.
func (s *Server) Action(box string, id int64) Action {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.find(box, id); a != nil {
		c := *a
		c.Told, c.Details = append([]string(nil), a.Told...), append([]string(nil), a.Details...)
		return c
	}
	return Action{}
}

// Config is what a box said it is.
func (s *Server) Config(box string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config[box]
}

// Fail has every answer be of a status, until it is 0.
func (s *Server) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = status
}

// Calls are the requests so far.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

// open is the oldest action that has not ended: hawkBit shows one at a time.
func (s *Server) open(box string) *Action {
	for _, a := range s.actions[box] {
		switch a.State {
		case "running", "canceling", "wait_for_confirmation":
			return a
		}
	}
	return nil
}

func (s *Server) find(box string, id int64) *Action {
	for _, a := range s.actions[box] {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case s.fail != 0:
		w.WriteHeader(s.fail)
	case len(parts) < 4 || parts[0] != s.Tenant || parts[1] != "controller" || parts[2] != "v1":
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("Authorization") != "TargetToken "+s.Token:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method != http.MethodGet && r.Header.Get("Content-Type") != "application/json":
		w.WriteHeader(http.StatusUnsupportedMediaType)
	case len(parts) == 4:
		s.base(w, r, parts[3])
	case parts[4] == "configData" && r.Method == http.MethodPut:
		s.takeConfig(w, r, parts[3])
	case len(parts) >= 6:
		s.action(w, r, parts[3], parts[4], parts[5:])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// base is the root resource of a box.
func (s *Server) base(w http.ResponseWriter, r *http.Request, box string) {
	links := map[string]any{}
	add := func(name, rest string) {
		links[name] = map[string]string{"href": s.href(r) + "/" + s.Tenant + "/controller/v1/" + box + "/" + name + rest}
	}
	if s.config[box] == nil {
		add("configData", "")
	}
	if a := s.open(box); a != nil {
		id := "/" + strconv.FormatInt(a.ID, 10)
		switch a.State {
		case "running":
			add("deploymentBase", fmt.Sprintf("%s?c=%d", id, len(a.Download+a.Update+a.Window)))
		case "wait_for_confirmation":
			add("confirmationBase", id+"?c=1")
		default:
			add("cancelAction", id)
		}
	}
	if s.Confirm && links["confirmationBase"] == nil {
		add("confirmationBase", "")
	}
	body, err := json.Marshal(map[string]any{"config": map[string]any{"polling": map[string]string{"sleep": s.Sleep}}, "_links": links})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/hal+json")
	_, _ = w.Write(body) // the box's errors are its own
}

func (s *Server) href(r *http.Request) string {
	if s.Href != "" {
		return s.Href
	}
	return "https://" + r.Host
}

func (s *Server) takeConfig(w http.ResponseWriter, r *http.Request, box string) {
	var in struct {
		Mode string            `json:"mode"`
		Data map[string]string `json:"data"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || len(in.Data) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.config == nil {
		s.config = map[string]map[string]string{}
	}
	s.config[box] = in.Data
}

// action is one of a box's actions, and the feedback about it.
func (s *Server) action(w http.ResponseWriter, r *http.Request, box, kind string, rest []string) {
	id, err := strconv.ParseInt(rest[0], 10, 64)
	a := s.find(box, id)
	feedback := len(rest) == 2 && rest[1] == "feedback" && r.Method == http.MethodPost
	if err != nil || a == nil || len(rest) > 1 && !feedback {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if feedback {
		s.feedback(w, r, kind, a)
		return
	}
	out := map[string]any{"id": rest[0]}
	switch {
	case kind == "deploymentBase" && a.State == "running":
		out["deployment"] = a.wire()
	case kind == "confirmationBase" && a.State == "wait_for_confirmation":
		out["confirmation"] = a.wire()
	case kind == "cancelAction" && a.State == "canceling":
		out["cancelAction"] = map[string]string{"stopId": rest[0]}
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/hal+json")
	_ = json.NewEncoder(w).Encode(out) // the box's errors are its own
}

func (a *Action) wire() map[string]any {
	d := map[string]any{
		"download": a.Download, "update": a.Update,
		"chunks": []any{map[string]any{"part": "os", "name": "firmware", "version": a.Version, "artifacts": []any{}}},
	}
	if a.Window != "" {
		d["maintenanceWindow"] = a.Window
	}
	return d
}
