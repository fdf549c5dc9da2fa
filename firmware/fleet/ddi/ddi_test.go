package ddi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answers is a server that says one thing.
func answers(t testing.TB, status int, body string) *Client {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	c, err := New(Options{Base: web.URL, ID: "a/b c", Token: "t", Gateway: true, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); web.CloseClientConnections(); web.Close() })
	return c
}

func TestPollReads(t *testing.T) {
	c := answers(t, 200, `{"config":{"polling":{"sleep":"12:00:01"}},"_links":{
		"deploymentBase":{"href":"http://elsewhere/x/deploymentBase/5?c=-2127183556"},"cancelAction":{"href":"https://h/cancelAction/11"},
		"confirmationBase":{"href":"https://h/confirmationBase"},"configData":{"href":"https://h/configData"}}}`)
	b, err := c.Poll(t.Context())
	want := Base{Sleep: 12*time.Hour + time.Second, Deploy: Action{5, "-2127183556"}, Cancel: Action{ID: 11}, ConfigData: true}
	if err != nil || b != want {
		t.Errorf("%+v %v", b, err)
	}
	if c.authorization() != "GatewayToken t" {
		t.Error(c.authorization())
	}
	if u := c.action("deploymentBase", b.Deploy).String(); !strings.HasSuffix(u, "/default/controller/v1/a%2Fb%20c/deploymentBase/5?c=-2127183556") {
		t.Error(u)
	}
}

func TestSleepIsBounded(t *testing.T) {
	for s, want := range map[string]time.Duration{"00:00:01": MinSleep, "00:10:00": 10 * time.Minute, "": 5 * time.Minute, "99:00:00": 5 * time.Minute} {
		if got := sleep(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestAnswersAreErrors(t *testing.T) {
	for status, want := range map[int]error{401: ErrRefused, 403: ErrRefused, 404: ErrGone, 410: ErrGone, 409: ErrBusy, 429: ErrBusy, 500: ErrBusy, 503: ErrBusy, 302: ErrAnswer, 400: ErrAnswer} {
		if err := answers(t, status, "").Feedback(t.Context(), Action{ID: 1}, Feedback{Execution: Closed, Result: Success}); !errors.Is(err, want) {
			t.Errorf("%d: %v", status, err)
		}
	}
	for _, body := range []string{
		``, `[]`, `{"_links":{"deploymentBase":{"href":"x"}}}`, `{"_links":{"deploymentBase":{"href":"https://h/deploymentBase/-1"}}}`,
		`{"_links":{"deploymentBase":{"href":"https://h/cancelAction/1"}}}`, `{"_links":{"cancelAction":{"href":"::"}}}`, `{"x":"` + strings.Repeat("x", maxAnswer) + `"}`,
	} {
		if _, err := answers(t, 200, body).Poll(t.Context()); !errors.Is(err, ErrAnswer) {
			t.Errorf("%.80s: %v", body, err)
		}
	}
	for _, body := range []string{`{}`, `{"deployment":{"chunks":[]}}`, `{"deployment":{"download":"now","update":"skip","chunks":[{"version":"1"}]}}`} {
		if _, err := answers(t, 200, body).Deployment(t.Context(), Action{ID: 1}); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := answers(t, 200, `{"cancelAction":{"stopId":"x"}}`).Stopped(t.Context(), Action{ID: 1}); !errors.Is(err, ErrAnswer) {
		t.Errorf("%v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	c, err := New(Options{Base: "http://127.0.0.1:1", ID: "secret-id", Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Poll(t.Context()); err == nil || strings.Contains(err.Error(), "secret-id") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := answers(t, 200, `{}`).Poll(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{
		{}, {Base: "http://hawkbit.example", ID: "a", Token: "b"}, {Base: "https://u:p@h", ID: "a", Token: "b"}, {Base: "https://h", Token: "b"}, {Base: "https://h", ID: "a"}, {Base: ":", ID: "a", Token: "b"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// What is told is cut to what hawkBit keeps.
func TestDetailsAreCut(t *testing.T) {
	list := cutAll(append([]string{strings.Repeat("ä", 300)}, strings.Split(strings.Repeat("x ", 20), " ")...))
	if len(list) != maxDetails || len(list[0]) > maxDetail || !strings.HasPrefix(list[0], "ä") {
		t.Errorf("%d details, the first of %d bytes", len(list), len(list[0]))
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"deploymentBase":{"href":"https://h/deploymentBase/5?c=1"}}}`)
	f.Add(`{"deployment":{"download":"forced","update":"skip","maintenanceWindow":"available","chunks":[{"part":"os","version":"1"}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := &Client{}
		var w struct {
			Deployment *deployment `json:"deployment"`
		}
		if c.read(strings.NewReader(body), &w) != nil {
			return
		}
		if d, err := w.Deployment.read(); err == nil && (len(d.Modules) == 0 || d.Download == "") {
			t.Errorf("%+v", d)
		}
		if a, err := parseAction(body, "deploymentBase"); err == nil && a.ID < 0 {
			t.Errorf("%+v", a)
		}
	})
}
