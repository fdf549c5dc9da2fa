package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/player"
)

func status(ctx context.Context, a *app, _ []string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var raw struct {
		Playback json.RawMessage `json:"playback"`
		System   json.RawMessage `json:"system"`
		Pairing  json.RawMessage `json:"pairing"`
	}
	if err := c.call(ctx, "playback.get", nil, &raw.Playback); err != nil {
		return local(err)
	}
	if err := c.call(ctx, "system.get", nil, &raw.System); err != nil {
		return local(err)
	}
	if err := c.call(ctx, "pairing.get", nil, &raw.Pairing); err != nil {
		return local(err)
	}
	if a.opt.json {
		return a.print(raw)
	}
	var v box.View
	if err := decode(raw.Playback, &v.Playback); err != nil {
		return err
	}
	if err := decode(raw.System, &v.System); err != nil {
		return err
	}
	if err := decode(raw.Pairing, &v.Pairing); err != nil {
		return err
	}
	return a.table(func(w io.Writer) { a.statusRows(w, v) })
}

// table aligns what f writes with tabs between the columns.
func (a *app) table(f func(io.Writer)) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	f(w)
	return w.Flush()
}

func (a *app) statusRows(w io.Writer, v box.View) {
	p, s := v.Playback, v.System
	switch p.Phase {
	case "idle":
		fmt.Fprintf(w, "Playing\tnothing\n")
	default:
		fmt.Fprintf(w, "%s\t%s\n", strings.ToUpper(p.Phase[:1])+p.Phase[1:], a.title(p))
		fmt.Fprintf(w, "Position\t%s\n", positionText(p, time.Now()))
	}
	if r := p.Rendition; r != nil {
		fmt.Fprintf(w, "Quality\t%s\n", qualityText(*r))
	}
	fmt.Fprintf(w, "Volume\t%s\n", volumeText(p))
	fmt.Fprintf(w, "Player\t%s\n", playerText(s))
	fmt.Fprintf(w, "TV\t%s\n", tvText(s.TV))
	fmt.Fprintf(w, "Power\t%s\n", powerText(s.Power))
	for _, service := range s.Services {
		state := strconv.Itoa(service.Titles) + " titles"
		if !service.Reachable {
			state = "not reachable"
		}
		fmt.Fprintf(w, "Service\t%s (%s), %s\n", service.Name, service.ID, state)
	}
	accountRows(w, v.Pairing)
	for _, problem := range problems(v) {
		fmt.Fprintf(w, "Problem\t%s %s\n", problem.Text, problem.Hint)
	}
	mode := ""
	if s.Demo {
		mode = ", demo"
	}
	fmt.Fprintf(w, "Daemon\t%s%s\n", s.Version, mode)
}

// problems are all there are, once each.
func problems(v box.View) []box.Problem {
	list := []box.Problem{}
	seen := map[string]bool{}
	add := func(p *box.Problem) {
		if p != nil && !seen[p.Code+p.Text] {
			seen[p.Code+p.Text] = true
			list = append(list, *p)
		}
	}
	add(v.Playback.Problem)
	for i := range v.System.Problems {
		add(&v.System.Problems[i])
	}
	for _, s := range v.System.Services {
		add(s.Problem)
	}
	return list
}

// title is the name of what plays, with its series and number.
func (a *app) title(v box.PlaybackView) string {
	name := cmp.Or(v.Name.In(a.lang), v.TitleID)
	if series := v.SeriesName.In(a.lang); series != "" {
		return fmt.Sprintf("%s, S%d E%d: %s", series, v.Season, v.Number, name)
	}
	return name
}

func positionText(v box.PlaybackView, now time.Time) string {
	if v.Live {
		return liveText(v, now)
	}
	phase := player.Paused
	if v.Phase == "playing" {
		phase = player.Playing
	}
	// Status.PositionAt needs no monotonic reading for times that came as text.
	st := player.Status{
		Phase: phase, Position: ms(v.PositionMS), At: time.UnixMilli(v.AtMS),
		Duration: ms(v.DurationMS), Rate: v.Rate,
	}
	text := clock(st.PositionAt(now))
	if v.DurationMS > 0 {
		return text + " / " + clock(ms(v.DurationMS))
	}
	return text
}

// liveText says how far behind the live picture a channel is.
func liveText(v box.PlaybackView, now time.Time) string {
	if v.Window == nil {
		return "live"
	}
	behind := ms(v.Window.BehindMS)
	if v.Phase != "playing" && v.AtMS > 0 {
		behind += max(now.Sub(time.UnixMilli(v.AtMS)), 0)
	}
	if behind <= ms(v.Window.SlackMS) {
		return "live"
	}
	return clock(behind) + " behind live"
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// clock writes 1:23:45.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func volumeText(v box.PlaybackView) string {
	text := fmt.Sprintf("%.0f %%", v.Volume*100)
	if v.Muted {
		text += ", muted"
	}
	return text
}

func qualityText(r box.Rendition) string {
	text := fmt.Sprintf("%.1f Mb/s", float64(r.Bandwidth)/1e6)
	if r.Height > 0 {
		text = fmt.Sprintf("%dp, %s", r.Height, text)
	}
	if r.Audio != "" {
		text += ", audio " + r.Audio
	}
	if r.Subtitle != "" {
		text += ", subtitles " + r.Subtitle
	}
	return text
}

func playerText(s box.SystemView) string {
	p := s.Player
	switch {
	case !s.PlayerReady:
		return "not there yet"
	case p.Simulated:
		return cmp.Or(p.Identity, "simulated") + " (simulated: shows no picture)"
	case !p.Video:
		return p.Identity + " on " + p.BusName + " (no display: no picture)"
	}
	return p.Identity + " on " + p.BusName
}

func services(ctx context.Context, a *app, _ []string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var raw struct {
		Services json.RawMessage `json:"services"`
		Accounts json.RawMessage `json:"accounts"`
	}
	for _, method := range []string{"catalog.services", "pairing.get"} {
		if err := c.call(ctx, method, nil, &raw); err != nil {
			return local(err)
		}
	}
	if a.opt.json {
		return a.print(raw)
	}
	var list []box.Service
	if err := decode(raw.Services, &list); err != nil {
		return err
	}
	var accounts []box.AccountView
	if err := decode(raw.Accounts, &accounts); err != nil {
		return err
	}
	return a.table(func(w io.Writer) { serviceRows(w, list, accounts) })
}

func serviceRows(w io.Writer, list []box.Service, accounts []box.AccountView) {
	fmt.Fprintf(w, "ID\tNAME\tTITLES\tACCOUNT\tSTATE\n")
	for _, s := range list {
		state, account := "ok", "none"
		switch {
		case s.Problem != nil:
			state = s.Problem.Text
		case !s.Reachable:
			state = "not reachable"
		}
		for _, a := range accounts {
			if a.Service == s.ID {
				account = string(a.Phase)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", s.ID, s.Name, s.Titles, account, state)
	}
}

func search(ctx context.Context, a *app, words []string) error {
	if a.opt.limit < 1 || a.opt.limit > 50 {
		return usage("--limit is 1 to 50.", "See: usher help search")
	}
	var found struct{ Titles []offer.Title }
	params := map[string]any{"query": strings.Join(words, " "), "language": a.lang, "limit": a.opt.limit}
	err := a.list(ctx, "catalog.search", params, &found, func(w io.Writer) {
		if len(found.Titles) == 0 {
			return
		}
		fmt.Fprintf(w, "ID\tTITLE\tYEAR\tKIND\tLENGTH\tTERMS\n")
		for _, t := range found.Titles {
			length := ""
			if t.DurationMS > 0 {
				length = clock(t.Duration())
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name.In(a.lang), year(t), t.Kind, length, terms(t))
		}
	})
	if err == nil && len(found.Titles) == 0 {
		return &failure{code: exitFailed, key: "not_found", text: "Nothing was found.", hint: "Try fewer words."}
	}
	return err
}

// list makes one call and prints its result: as it came for machines, or as
// rows for people.
func (a *app) list(ctx context.Context, method string, params, result any, rows func(io.Writer)) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.patience = patienceFor(method)
	var raw json.RawMessage
	if err := c.call(ctx, method, params, &raw); err != nil {
		return local(err)
	}
	if err := decode(raw, result); err != nil {
		return err
	}
	if a.opt.json {
		return a.print(raw)
	}
	return a.table(rows)
}

func year(t offer.Title) string {
	if t.Year == 0 {
		return ""
	}
	return strconv.Itoa(t.Year)
}

// terms is the cheapest way to watch.
func terms(t offer.Title) string {
	if len(t.Terms) == 0 {
		return ""
	}
	cheapest := t.Terms[0]
	if cheapest.PriceMin == 0 {
		return string(cheapest.Kind)
	}
	digits := 100.0
	switch cheapest.Currency { // ISO 4217 minor units other than two
	case "JPY", "KRW", "VND":
		digits = 1
	}
	price := strconv.FormatFloat(float64(cheapest.PriceMin)/digits, 'f', map[bool]int{true: 2}[digits > 1], 64)
	return fmt.Sprintf("%s %s %s", cheapest.Kind, price, cheapest.Currency)
}

// check is one finding of the doctor.
type check struct{ Name, Severity, Text, Hint string }

func doctor(ctx context.Context, a *app, _ []string) error {
	var found struct{ Checks []check }
	err := a.list(ctx, "system.doctor", nil, &found, func(w io.Writer) {
		for _, c := range found.Checks {
			fmt.Fprintf(w, "%s\t%s\t%s\n", c.Severity, c.Name, strings.TrimSpace(c.Text+" "+c.Hint))
		}
	})
	if err != nil {
		return err
	}
	for _, c := range found.Checks {
		if c.Severity == "error" {
			return &failure{code: exitFailed, key: "check_failed", text: "Something is wrong: " + c.Text, hint: c.Hint}
		}
	}
	return nil
}

// versions never ends in an error: a daemon that is away has no version.
func versions(ctx context.Context, a *app, _ []string) error {
	daemon := ""
	if c, err := a.connect(ctx); err == nil {
		daemon = c.server
		c.close()
	}
	if a.opt.json {
		return a.print(map[string]string{"usher": version, "usherd": daemon})
	}
	fmt.Fprintf(a.out, "usher %s\n", version)
	if daemon == "" {
		daemon = "is not running"
	}
	fmt.Fprintf(a.out, "usherd %s\n", daemon)
	return nil
}
