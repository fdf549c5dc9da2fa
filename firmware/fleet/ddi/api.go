package ddi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// Action is something that the server wants. Zero is none.
type Action struct {
	ID       int64
	revision string // "c": another one where the action was changed
}

// Base is what the server has for this box.
type Base struct {
	Sleep        time.Duration // until the next look, between MinSleep and MaxSleep
	Deploy       Action
	Cancel       Action
	Confirmation Action
	ConfigData   bool // the server wants to know what this box is
}

// What a server may ask for between two looks.
const (
	MinSleep = 30 * time.Second
	MaxSleep = 7 * 24 * time.Hour
)

// link is one of HAL.
type link struct {
	Href string `json:"href"`
}

// Poll asks what there is to do.
func (c *Client) Poll(ctx context.Context) (Base, error) {
	var w struct {
		Config struct {
			Polling struct {
				Sleep string `json:"sleep"`
			} `json:"polling"`
		} `json:"config"`
		Links struct {
			Deployment   link `json:"deploymentBase"`
			Cancel       link `json:"cancelAction"`
			Confirmation link `json:"confirmationBase"`
			ConfigData   link `json:"configData"`
		} `json:"_links"`
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	tag, err := c.call(ctx, http.MethodGet, c.root, c.tag, nil, &w)
	if errors.Is(err, errSame) {
		return c.base, nil
	}
	if err != nil {
		return Base{}, err
	}
	b := Base{Sleep: sleep(w.Config.Polling.Sleep), ConfigData: w.Links.ConfigData.Href != ""}
	for _, l := range []struct {
		href, kind string
		into       *Action
	}{
		{w.Links.Deployment.Href, "deploymentBase", &b.Deploy}, {w.Links.Cancel.Href, "cancelAction", &b.Cancel}, {w.Links.Confirmation.Href, "confirmationBase", &b.Confirmation},
	} {
		if *l.into, err = parseAction(l.href, l.kind); err != nil {
			return Base{}, err
		}
	}
	c.tag, c.base = tag, b
	return b, nil
}

// forget has the next Poll read everything again.
func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tag = ""
}

// sleep reads "12:00:00".
func sleep(s string) time.Duration {
	t, err := time.Parse(time.TimeOnly, s)
	if err != nil {
		return 5 * time.Minute
	}
	d := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	return min(max(d, MinSleep), MaxSleep)
}

// parseAction takes an action from a link to it, which ends in its kind and
// number. The link of confirmations without a number is a setting's.
func parseAction(href, kind string) (Action, error) {
	if href == "" {
		return Action{}, nil
	}
	u, err := url.Parse(href)
	if err != nil {
		return Action{}, fmt.Errorf("%w: a link to %s", ErrAnswer, kind)
	}
	dir, last := path.Split(path.Clean(u.Path))
	if last == kind && kind == "confirmationBase" {
		return Action{}, nil
	}
	id, err := strconv.ParseInt(last, 10, 64)
	if err != nil || id <= 0 || path.Base(dir) != kind {
		return Action{}, fmt.Errorf("%w: a link to %s", ErrAnswer, kind)
	}
	return Action{ID: id, revision: u.Query().Get("c")}, nil
}

// Handling is how much the server insists.
type Handling string

// The handlings.
const (
	Skip    Handling = "skip"
	Attempt Handling = "attempt"
	Forced  Handling = "forced"
)

// Deployment is what to install.
type Deployment struct {
	Download Handling
	Update   Handling
	Closed   bool // there is a maintenance window, and it is not now
	Modules  []Module
}

// Module is a software module of it (a chunk, in hawkBit's words).
type Module struct {
	Part    string `json:"part"` // such as "os"
	Name    string `json:"name"`
	Version string `json:"version"`
}

// maxModules is how many modules a deployment may have.
const maxModules = 100

// deployment is that on the wire, under either of two names.
type deployment struct {
	Download Handling `json:"download"`
	Update   Handling `json:"update"`
	Window   string   `json:"maintenanceWindow"`
	Chunks   []Module `json:"chunks"`
}

// Deployment reads what to install.
func (c *Client) Deployment(ctx context.Context, a Action) (Deployment, error) {
	var w struct {
		Deployment *deployment `json:"deployment"`
	}
	if _, err := c.call(ctx, http.MethodGet, c.action("deploymentBase", a), "", nil, &w); err != nil {
		return Deployment{}, err
	}
	return w.Deployment.read()
}

// Confirmation reads what there is to agree to.
func (c *Client) Confirmation(ctx context.Context, a Action) (Deployment, error) {
	var w struct {
		Confirmation *deployment `json:"confirmation"`
	}
	if _, err := c.call(ctx, http.MethodGet, c.action("confirmationBase", a), "", nil, &w); err != nil {
		return Deployment{}, err
	}
	return w.Confirmation.read()
}

func (w *deployment) read() (Deployment, error) {
	if w == nil || len(w.Chunks) == 0 || len(w.Chunks) > maxModules {
		return Deployment{}, fmt.Errorf("%w: a deployment of nothing", ErrAnswer)
	}
	for _, h := range []Handling{w.Download, w.Update} {
		if h != Skip && h != Attempt && h != Forced {
			return Deployment{}, fmt.Errorf("%w: handling %.20q", ErrAnswer, h)
		}
	}
	return Deployment{Download: w.Download, Update: w.Update, Closed: w.Window != "" && w.Window != "available", Modules: w.Chunks}, nil
}

// Stopped reads which action is to be cancelled.
func (c *Client) Stopped(ctx context.Context, a Action) (stop int64, err error) {
	var w struct {
		Cancel struct {
			Stop string `json:"stopId"`
		} `json:"cancelAction"`
	}
	if _, err := c.call(ctx, http.MethodGet, c.action("cancelAction", a), "", nil, &w); err != nil {
		return 0, err
	}
	if stop, err = strconv.ParseInt(w.Cancel.Stop, 10, 64); err != nil {
		return 0, fmt.Errorf("%w: stops %.20q", ErrAnswer, w.Cancel.Stop)
	}
	return stop, nil
}

// Execution is how far an action is.
type Execution string

// The executions. The last three end an action.
const (
	Proceeding Execution = "proceeding"
	Download   Execution = "download"
	Downloaded Execution = "downloaded"
	Rejected   Execution = "rejected"
	Canceled   Execution = "canceled"
	Closed     Execution = "closed"
)

// Result is how an action ended.
type Result string

// The results.
const (
	None    Result = "none"
	Success Result = "success"
	Failure Result = "failure"
)

// Feedback is what the box says about an action.
type Feedback struct {
	Execution Execution
	Result    Result
	Percent   int // of Download; 0 is not said
	Details   []string
	At        time.Time
}

// The most that is told at a time; hawkBit keeps 512 bytes of each.
const (
	maxDetails = 10
	maxDetail  = 512
)

type progress struct {
	Count int `json:"cnt"`
	Of    int `json:"of"`
}

// wire is a feedback as hawkBit reads it.
func (f Feedback) wire() any {
	type result struct {
		Finished Result    `json:"finished"`
		Progress *progress `json:"progress,omitempty"`
	}
	type status struct {
		Execution Execution `json:"execution"`
		Result    result    `json:"result"`
		Details   []string  `json:"details"`
	}
	w := struct {
		Time   string `json:"time"`
		Status status `json:"status"`
	}{f.At.UTC().Format(time.RFC3339), status{f.Execution, result{Finished: f.Result}, cutAll(f.Details)}}
	if f.Percent > 0 {
		w.Status.Result.Progress = &progress{min(f.Percent, 100), 100}
	}
	return w
}

func cutAll(details []string) []string {
	list := make([]string, 0, min(len(details), maxDetails))
	for _, d := range details[:min(len(details), maxDetails)] {
		list = append(list, strings.ToValidUTF8(d[:min(len(d), maxDetail)], ""))
	}
	return list
}

// Feedback tells how a deployment goes.
func (c *Client) Feedback(ctx context.Context, a Action, f Feedback) error {
	return c.tell(ctx, c.action("deploymentBase", a, "feedback"), f.wire())
}

// CancelFeedback tells what became of a cancellation.
func (c *Client) CancelFeedback(ctx context.Context, a Action, f Feedback) error {
	return c.tell(ctx, c.action("cancelAction", a, "feedback"), f.wire())
}

// Confirm agrees to a deployment, or not, and says why.
func (c *Client) Confirm(ctx context.Context, a Action, agreed bool, why string) error {
	word := "denied"
	if agreed {
		word = "confirmed"
	}
	return c.tell(ctx, c.action("confirmationBase", a, "feedback"), struct {
		Confirmation string   `json:"confirmation"`
		Details      []string `json:"details"`
	}{word, cutAll([]string{why})})
}

func (c *Client) tell(ctx context.Context, at *url.URL, what any) error {
	c.forget()
	_, err := c.call(ctx, http.MethodPost, at, "", what, nil)
	return err
}

// SendConfig tells what this box is, such as its board.
func (c *Client) SendConfig(ctx context.Context, data map[string]string) error {
	c.forget()
	_, err := c.call(ctx, http.MethodPut, c.root.JoinPath("configData"), "", struct {
		Mode string            `json:"mode"`
		Data map[string]string `json:"data"`
	}{"merge", data}, nil)
	return err
}
