package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"usher/internal/journal"
)

const replayDetail = `FILE is what usher journal wrote, on this box or another. The daemon is not needed. Exit 1 when something
else comes of the events: another version of the program, or a fault that is worth a report.`

// readJournal prints the daemon's journal as it is.
func readJournal(ctx context.Context, a *app, words []string) error {
	params := map[string]any{}
	if len(words) == 1 {
		n, err := strconv.Atoi(words[0])
		if err != nil || n < 1 {
			return usage(fmt.Sprintf("%q is no number of events.", words[0]), "Use: usher journal 500")
		}
		params["last"] = n
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var got struct{ Text string }
	if err := c.call(ctx, "journal.read", params, &got); err != nil {
		return local(err)
	}
	_, err = fmt.Fprint(a.out, got.Text)
	return err
}

// replayed is the answer of usher replay.
type replayed struct {
	Version string    `json:"version"`
	Events  int       `json:"events"`
	Dropped int       `json:"dropped"`
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Steps   int       `json:"clockSteps"`
	Phase   string    `json:"phase"`
	TitleID string    `json:"titleId"`
	Same    bool      `json:"same"`
	Differs string    `json:"differs,omitempty"`
}

func replay(_ context.Context, a *app, words []string) error {
	r, err := openJournal(words[0])
	if err != nil {
		return err
	}
	v, err := journal.Replay(r)
	if err != nil {
		return err
	}
	out := replayed{
		Version: r.Version, Events: len(r.Entries), Dropped: r.Dropped, Steps: r.Steps,
		Phase: v.State.Phase.String(), TitleID: v.State.Title.ID, Same: v.Same, Differs: v.Differs,
	}
	if n := len(r.Entries); n > 0 {
		out.From, out.Until = r.Entries[0].At, r.Entries[n-1].At
	}
	if err := a.printReplay(out); err != nil {
		return err
	}
	if !v.Same {
		return &failure{code: exitFailed, key: "replay_differs", text: "Something else came of the events.", hint: whyDifferent(out)}
	}
	return nil
}

// whyDifferent is the next step.
func whyDifferent(r replayed) string {
	switch {
	case r.Version != version:
		return fmt.Sprintf("The file is of usherd %s: use the usher of that version (this is %s).", r.Version, version)
	case r.Steps > 0:
		return "The box's clock was set meanwhile; take a journal that begins after that: usher journal 500"
	}
	return "This is a fault: report it with the file."
}

func openJournal(path string) (journal.Record, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return journal.Record{}, usage(fmt.Sprintf("There is no file %q.", path), "Make one: usher journal > FILE")
	}
	if err != nil {
		return journal.Record{}, err
	}
	defer func() { _ = f.Close() }()
	r, err := journal.Read(f)
	if err != nil {
		return r, &failure{code: exitFailed, key: "journal_damaged", text: fmt.Sprintf("%s is not a journal that can be read: %v.", path, err), hint: "Make it anew: usher journal > FILE"}
	}
	return r, nil
}

func (a *app) printReplay(r replayed) error {
	if a.opt.json {
		return a.print(r)
	}
	fmt.Fprintf(a.out, "journal   usherd %s, %d events, %d before them not kept\n", r.Version, r.Events, r.Dropped)
	if r.Events > 0 {
		fmt.Fprintf(a.out, "time      %s to %s\n", r.From.Format(time.DateTime), r.Until.Format(time.DateTime))
	}
	if r.Steps > 0 {
		fmt.Fprintf(a.out, "clock     was set %d times meanwhile\n", r.Steps)
	}
	fmt.Fprintf(a.out, "ends with %s %s\n", r.Phase, r.TitleID)
	if r.Same {
		fmt.Fprintln(a.out, "replayed  to the same state, bit for bit, with the same effects")
		return nil
	}
	fmt.Fprintf(a.out, "differs   %s\n", r.Differs)
	return nil
}
