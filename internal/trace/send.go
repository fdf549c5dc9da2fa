package trace

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	sendTime  = 5 * time.Second
	replySize = 64 << 10 // of what a collector answers
)

// Run sends traces until ctx ends; then it gives up the one that is not whole.
// A collector that does not answer costs traces, and one line in the log until
// it answers again.
func (t *Tracer) Run(ctx context.Context) error {
	defer t.end()
	away := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-t.queue:
			err := t.send(ctx, p)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				t.dropped.Add(1)
				if !away {
					t.o.Logger.Warn("Traces cannot be sent", "error", err)
				}
			} else if away {
				t.o.Logger.Info("Traces are sent again")
			}
			away = err != nil
		}
	}
}

func (t *Tracer) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now != nil {
		t.now.timer.Stop()
		t.now = nil
	}
}

func (t *Tracer) send(ctx context.Context, p *press) error {
	body, err := json.Marshal(t.request(p))
	if err != nil {
		return fmt.Errorf("encode trace: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.o.Endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send trace: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := t.o.Client.Do(req)
	if err != nil {
		return fmt.Errorf("send trace: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, replySize) // so that the connection is used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send trace: the collector answers %s", res.Status)
	}
	return nil
}

// The part of ExportTraceServiceRequest that is sent (opentelemetry-proto
// 1.x, trace/v1/trace.proto in its JSON form: ids in hex, 64-bit numbers as
// text, enumerations as numbers).
type (
	export struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	span struct {
		TraceID    string      `json:"traceId"`
		SpanID     string      `json:"spanId"`
		Parent     string      `json:"parentSpanId,omitempty"`
		Name       string      `json:"name"`
		Kind       int         `json:"kind"`
		Start      string      `json:"startTimeUnixNano"`
		End        string      `json:"endTimeUnixNano"`
		Attributes []attribute `json:"attributes,omitempty"`
	}
	attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		Text string `json:"stringValue"`
	}
)

// The kinds of spans (Span.SpanKind).
const (
	kindInternal = 1
	kindServer   = 2
)

func (t *Tracer) request(p *press) export {
	last := p.begin
	spans := []span{{}}
	for _, s := range p.steps {
		if s.end.After(last) {
			last = s.end
		}
		one := p.span(s.id, s.name, kindInternal, s.begin, s.end, s.attrs)
		one.Parent = hex.EncodeToString(p.root[:])
		spans = append(spans, one)
	}
	spans[0] = p.span(p.root, p.name, kindServer, p.begin, last, p.attrs)
	return export{[]resourceSpans{{
		Resource:   resource{attributes([]string{"service.name", "usherd", "service.version", t.o.Version})},
		ScopeSpans: []scopeSpans{{Scope: scope{"usher", t.o.Version}, Spans: spans}},
	}}}
}

func (p *press) span(id [8]byte, name string, kind int, begin, end time.Time, attrs []string) span {
	return span{
		TraceID: hex.EncodeToString(p.id[:]), SpanID: hex.EncodeToString(id[:]), Name: name, Kind: kind,
		Start: strconv.FormatInt(begin.UnixNano(), 10), End: strconv.FormatInt(end.UnixNano(), 10), Attributes: attributes(attrs),
	}
}

func attributes(list []string) []attribute {
	var out []attribute
	for i := 0; i+1 < len(list); i += 2 {
		out = append(out, attribute{list[i], value{list[i+1]}})
	}
	return out
}
