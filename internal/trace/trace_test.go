package trace

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector takes traces; status is what it answers.
func collector(t *testing.T, status *atomic.Int64) (*Tracer, <-chan export) {
	t.Helper()
	got := make(chan export, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" || r.Method != http.MethodPost {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		var e export
		data, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(data, &e); err != nil {
			t.Error(err)
		}
		w.WriteHeader(int(status.Load()))
		got <- e
	}))
	tracer := New(Options{Endpoint: server.URL + "/", Version: "1", Client: server.Client(), Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tracer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return tracer, got
}

func TestOnePressIsOneTrace(t *testing.T) {
	status := new(atomic.Int64)
	status.Store(200)
	tracer, got := collector(t, status)
	begin := time.Unix(100, 5)
	tracer.Step("of nothing", begin, begin)
	tracer.Press("key ok", begin, "key", "ok")
	tracer.Step("core", begin.Add(time.Millisecond), begin.Add(2*time.Millisecond), "effects", "CommandPlayer")
	tracer.Step("screen", begin.Add(2*time.Millisecond), begin.Add(4*time.Millisecond))
	tracer.Press("key up", begin.Add(time.Second)) // ends the first
	e := <-got
	spans := e.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 3 || spans[0].Name != "key ok" || spans[1].Name != "core" {
		t.Fatalf("spans %+v", spans)
	}
	for i, s := range spans {
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(s.TraceID) || !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(s.SpanID) || s.TraceID != spans[0].TraceID {
			t.Errorf("ids of %+v", s)
		}
		if i > 0 && s.Parent != spans[0].SpanID {
			t.Errorf("parent of %+v", s)
		}
	}
	if spans[0].Start != strconv.FormatInt(begin.UnixNano(), 10) || spans[0].End != strconv.FormatInt(begin.Add(4*time.Millisecond).UnixNano(), 10) {
		t.Errorf("the press takes from %s to %s", spans[0].Start, spans[0].End)
	}
	if a := spans[1].Attributes; len(a) != 1 || a[0].Key != "effects" || a[0].Value.Text != "CommandPlayer" {
		t.Errorf("attributes %+v", a)
	}
	if second := <-got; second.ResourceSpans[0].ScopeSpans[0].Spans[0].Name != "key up" { // after the window
		t.Errorf("second %+v", second)
	}
}

func TestCollectorThatRefusesCostsTraces(t *testing.T) {
	status := new(atomic.Int64)
	status.Store(500)
	tracer, got := collector(t, status)
	for range 3 {
		tracer.Press("key", time.Now())
	}
	<-got
	<-got
	for limit := time.Now().Add(time.Minute); tracer.Dropped() < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d dropped", tracer.Dropped())
		}
	}
}

func TestNobodyWaits(t *testing.T) {
	tracer := New(Options{Endpoint: "http://127.0.0.1:1", Logger: slog.New(slog.DiscardHandler)}) // nobody runs it
	for range queueSize + 10 {
		tracer.Press("key", time.Now())
		for range stepsMost + 5 {
			tracer.Step("step", time.Now(), time.Now())
		}
	}
	if tracer.Dropped() != 9 || len(tracer.now.steps) != stepsMost {
		t.Errorf("%d dropped, %d steps", tracer.Dropped(), len(tracer.now.steps))
	}
	tracer.end()
	var none *Tracer
	none.Press("key", time.Now())
	none.Step("step", time.Now(), time.Now())
	if none.Dropped() != 0 {
		t.Error("nothing dropped something")
	}
}
