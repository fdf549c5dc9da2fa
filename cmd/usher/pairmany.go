package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"usher/internal/box"
)

// The limits of a list of boxes.
const (
	mostBoxes = 5000
	mostList  = 1 << 20 // bytes
)

// site is one box of a list.
type site struct {
	Box     string `json:"box"`
	Address string `json:"address"`
	Service string `json:"service,omitempty"`
}

// siteResult is what became of it.
type siteResult struct {
	site
	Result string `json:"result"` // connected, already, failed
	Key    string `json:"key,omitempty"`
	Text   string `json:"text,omitempty"`
	Hint   string `json:"hint,omitempty"`
	TookMS int64  `json:"tookMs"`
}

// readSites reads a list: name, address and perhaps service; a first line that
// says so, empty lines and those that begin with # are passed over.
func readSites(name string) ([]site, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage(fmt.Sprintf("The list cannot be read: %v.", root(err)), "See: usher help pair")
	}
	defer f.Close()
	r := csv.NewReader(io.LimitReader(f, mostList))
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, true
	lines, err := r.ReadAll()
	if err != nil {
		return nil, usage(fmt.Sprintf("%s is not CSV: %v.", name, err), "A line is a name and an address: box-12,ssh:box-12.local")
	}
	var all []site
	seen := map[string]bool{}
	for i, line := range lines {
		s, err := siteOf(line)
		switch {
		case i == 0 && len(line) > 1 && strings.EqualFold(line[1], "address"):
			continue
		case err != nil:
			return nil, usage(fmt.Sprintf("%s, line %d: %v.", name, i+1, err), "A line is a name and an address: box-12,ssh:box-12.local")
		case seen[s.Address+" "+s.Service]:
			return nil, usage(fmt.Sprintf("%s, line %d: %s is there twice.", name, i+1, s.Address), "Take one of the lines out.")
		}
		seen[s.Address+" "+s.Service] = true
		all = append(all, s)
	}
	if len(all) == 0 || len(all) > mostBoxes {
		return nil, usage(fmt.Sprintf("%s has %d boxes.", name, len(all)), "A list has 1 to 5000.")
	}
	return all, nil
}

func siteOf(line []string) (site, error) {
	if len(line) < 2 || len(line) > 3 {
		return site{}, errors.New("2 or 3 columns are wanted")
	}
	s := site{Box: strings.TrimSpace(line[0]), Address: strings.TrimSpace(line[1])}
	if len(line) == 3 {
		s.Service = strings.TrimSpace(line[2])
	}
	kind, rest, _ := strings.Cut(s.Address, ":")
	// A host that begins with a dash would be an option of ssh.
	if s.Box == "" || rest == "" || kind != "unix" && kind != "ssh" || strings.HasPrefix(rest, "-") {
		return site{}, errors.New("an address is unix:PATH, ssh:HOST or ssh:HOST:/PATH")
	}
	return s, nil
}

// crowd pairs many boxes, and says what becomes of them as it does.
type crowd struct {
	a       *app
	mu      sync.Mutex
	results []siteResult
	total   int
}

// pairMany pairs the boxes of a list.
func pairMany(ctx context.Context, a *app) error {
	if a.opt.pair.jobs < 1 || a.opt.pair.jobs > 200 {
		return usage("--jobs is 1 to 200.", "See: usher help pair")
	}
	sites, err := readSites(a.opt.pair.from)
	if err != nil {
		return err
	}
	w := &crowd{a: a, total: len(sites)}
	began := time.Now()
	w.all(ctx, sites)
	if err := w.report(); err != nil {
		return err
	}
	return w.outcome(time.Since(began))
}

// all pairs the boxes, so many at a time.
func (w *crowd) all(ctx context.Context, sites []site) {
	queue := make(chan site)
	var workers sync.WaitGroup
	for range min(w.a.opt.pair.jobs, len(sites)) {
		workers.Go(func() {
			for s := range queue {
				w.one(ctx, s)
			}
		})
	}
	for _, s := range sites {
		queue <- s
	}
	close(queue)
	workers.Wait()
}

// one pairs a box.
func (w *crowd) one(ctx context.Context, s site) {
	began := time.Now()
	already, err := w.reach(ctx, s)
	r := siteResult{site: s, Result: "connected", TookMS: time.Since(began).Milliseconds()}
	var f *failure
	switch {
	case errors.As(err, &f):
		r.Result, r.Key, r.Text, r.Hint = "failed", f.key, f.text, f.hint
	case err != nil:
		r.Result, r.Key, r.Text, r.Hint = "failed", "failed", err.Error(), "Run on the box: usher doctor"
	case already:
		r.Result = "already"
	}
	w.tell(r)
}

// reach opens the way to a box, and pairs it.
func (w *crowd) reach(ctx context.Context, s site) (already bool, err error) {
	socket, done, err := openWay(ctx, s.Address)
	if err != nil {
		return false, err
	}
	defer done()
	one := &app{out: io.Discard, err: io.Discard, lang: w.a.lang, opt: w.a.opt}
	one.opt.socket, one.opt.pair.wait = socket, true
	if s.Service != "" {
		one.opt.pair.service = s.Service
	}
	return one.pairOne(ctx, func(was, v box.AccountView) error {
		if v.Phase == box.AccountWaiting && was.UserCode != v.UserCode {
			w.code(s, v)
		}
		return nil
	})
}

// code tells the code of a box.
func (w *crowd) code(s site, v box.AccountView) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.a.opt.json {
		_ = json.NewEncoder(w.a.out).Encode(map[string]any{"box": s.Box, "userCode": v.UserCode, "uri": v.URI, "uriComplete": v.URIComplete})
		return
	}
	fmt.Fprintf(w.a.out, "%-20s  %-12s %s\n", s.Box, v.UserCode, v.URI)
}

// tell notes what became of a box.
func (w *crowd) tell(r siteResult) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, r)
	if w.a.opt.json {
		_ = json.NewEncoder(w.a.out).Encode(r)
		return
	}
	text := map[string]string{"connected": "connected", "already": "was connected already", "failed": r.Text}[r.Result]
	fmt.Fprintf(w.a.out, "%-20s  %s (%d of %d)\n", r.Box, text, len(w.results), w.total)
}

// report writes the table of what became of each box.
func (w *crowd) report() error {
	if w.a.opt.pair.report == "" {
		return nil
	}
	slices.SortFunc(w.results, func(a, b siteResult) int { return strings.Compare(a.Box, b.Box) })
	var text strings.Builder
	c := csv.NewWriter(&text)
	_ = c.Write([]string{"box", "address", "service", "result", "key", "text", "ms"}) // a Builder takes everything
	for _, r := range w.results {
		_ = c.Write([]string{r.Box, r.Address, r.Service, r.Result, r.Key, r.Text, strconv.FormatInt(r.TookMS, 10)})
	}
	c.Flush()
	if err := os.WriteFile(w.a.opt.pair.report, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// outcome is the exit code of all of them.
func (w *crowd) outcome(took time.Duration) error {
	count := map[string]int{}
	for _, r := range w.results {
		count[r.Result]++
	}
	if !w.a.opt.json {
		fmt.Fprintf(w.a.out, "%d connected, %d were so already, %d not, in %s\n", count["connected"], count["already"], count["failed"], took.Round(100*time.Millisecond))
	}
	if count["failed"] == 0 {
		return nil
	}
	code := exitPartly
	if count["failed"] == len(w.results) {
		code = exitFailed
	}
	return &failure{
		code: code, key: "partly", text: fmt.Sprintf("%d of %d boxes are not connected.", count["failed"], len(w.results)),
		hint: "Run it again: it does only the rest.",
	}
}
