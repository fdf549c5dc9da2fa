//go:build linux

package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is how a row came out.
type Result string

// The results.
const (
	Pass Result = "pass"
	Fail Result = "fail"
	None Result = "n.a." // cannot be tried on this player or here; Seen says why
)

// Row is one behaviour.
type Row struct {
	ID       string `json:"id"`       // stable
	Area     string `json:"area"`     // heading
	Item     string `json:"item"`     // what is expected
	Required bool   `json:"required"` // Usher cannot do without
	Result   Result `json:"result"`
	Seen     string `json:"seen"`
	Bug      string `json:"bug,omitempty"` // the player's own, when it is known
}

// Figure is a measurement.
type Figure struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Budget string `json:"budget,omitempty"`
}

// Report is the matrix of one player.
type Report struct {
	Player   string        `json:"player"`
	Identity string        `json:"identity"`
	Version  string        `json:"version"`
	BusName  string        `json:"busName"`
	At       time.Time     `json:"at"`
	Took     time.Duration `json:"tookNs"`
	Rows     []Row         `json:"rows"`
	Figures  []Figure      `json:"figures"`
}

// Green says whether no required row failed.
func (r *Report) Green() bool {
	for _, row := range r.Rows {
		if row.Required && row.Result == Fail {
			return false
		}
	}
	return true
}

// Count gives the number of rows with a result.
func (r *Report) Count(result Result) int {
	n := 0
	for _, row := range r.Rows {
		if row.Result == result {
			n++
		}
	}
	return n
}

// WriteJSON writes the report as one JSON value.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	_, _ = fmt.Fprintf(w, "%s\n", r.title()) // the last write tells
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, row := range r.Rows {
		if i == 0 || r.Rows[i-1].Area != row.Area {
			_, _ = fmt.Fprintf(t, "\n%s\n", strings.ToUpper(row.Area))
		}
		_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", row.mark(), row.ID, row.Item, row.remark())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	for _, f := range r.Figures {
		_, _ = fmt.Fprintf(w, "  %s: %s%s\n", f.Name, f.Value, f.budget())
	}
	_, err := fmt.Fprintf(w, "\n%s\n", r.summary())
	return err
}

// WriteMarkdown writes the report as a section of docs/players.md.
func (r *Report) WriteMarkdown(w io.Writer) error {
	_, _ = fmt.Fprintf(w, "## %s\n\n%s\n", r.title(), r.summary())
	for i, row := range r.Rows {
		if i == 0 || r.Rows[i-1].Area != row.Area {
			_, _ = fmt.Fprintf(w, "\n### %s\n\n| | behaviour | seen |\n|---|---|---|\n", row.Area)
		}
		_, _ = fmt.Fprintf(w, "| %s | %s (`%s`) | %s |\n", row.mark(), cell(row.Item), row.ID, cell(row.remark()))
	}
	_, _ = fmt.Fprint(w, "\n### figures\n\n| | measured | budget |\n|---|---|---|\n")
	for _, f := range r.Figures {
		_, _ = fmt.Fprintf(w, "| %s | %s | %s |\n", f.Name, f.Value, f.Budget)
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (r *Report) title() string {
	name := r.Identity
	if name == "" {
		name = r.Player
	}
	return strings.TrimSpace(name + " " + r.Version)
}

func (r *Report) summary() string {
	verdict := "all required rows hold"
	if !r.Green() {
		verdict = "REQUIRED ROWS FAIL"
	}
	return fmt.Sprintf("%d pass, %d fail, %d not applicable: %s. Bus name `%s`, examined in %v on %s.", r.Count(Pass), r.Count(Fail), r.Count(None),
		verdict, r.BusName, r.Took.Round(time.Second), r.At.Format("2006-01-02"))
}

func (f Figure) budget() string {
	if f.Budget == "" {
		return ""
	}
	return " (budget " + f.Budget + ")"
}

// mark is the result in a word; a failure that Usher cannot live with stands out.
func (row Row) mark() string {
	if row.Required && row.Result == Fail {
		return "FAIL"
	}
	return string(row.Result)
}

func (row Row) remark() string {
	if row.Bug == "" {
		return row.Seen
	}
	return row.Seen + " [" + row.Bug + "]"
}

// cell keeps text from ending a table's cell.
func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }
