package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"usher/internal/box"
	"usher/internal/spell"
)

const profileDetail = `list           the profiles; who watches is marked (*)
use NAME       NAME watches now; asks for the PIN of the profile, where it has one
leave          the screen asks who watches
add NAME       a profile; see the flags. For a child: usher profile add Ida --kids --max-age 6
change NAME    what the flags name
pin NAME       set another PIN (none: press Enter)
remove NAME    remove the profile and all that is kept for it
reset NAME     set a forgotten PIN anew, without the old one

PINs are asked for on the terminal, or read from standard input, a line each; they are never
words of the command, because other users of the machine can read those.`

// profileFlags are the flags of usher profile.
type profileFlags struct {
	kids, unrated                                   bool
	maxAge                                          int
	name, avatar, language, audio, subtitles, hours string
}

func profileFlagSet(fs *flag.FlagSet, o *options) {
	p := &o.profile
	fs.BoolVar(&p.kids, "kids", false, "a children's profile: it buys nothing and changes no profile")
	fs.IntVar(&p.maxAge, "max-age", -1, "sees titles up to `AGE`; 18 is all")
	fs.BoolVar(&p.unrated, "unrated", false, "let titles without a rating through")
	fs.StringVar(&p.hours, "hours", "", "`AGE@FROM-UNTIL`, such as 12@20:00-06:00: titles from AGE on only then; none ends it")
	fs.StringVar(&p.name, "name", "", "another `NAME`")
	fs.StringVar(&p.avatar, "avatar", "", "the `PICTURE`, such as fox or owl")
	fs.StringVar(&p.language, "language", "", "of the screen (`BCP 47`); box leaves it to the box")
	fs.StringVar(&p.audio, "audio", "", "to hear (`BCP 47`); box leaves it to the box")
	fs.StringVar(&p.subtitles, "subtitles", "", "to read (`BCP 47`), or none; box leaves it to the box")
}

func profileVerb(ctx context.Context, a *app, words []string) error {
	acts := map[string]func(context.Context, *house) error{
		"use": useProfile, "add": addProfile, "change": changeProfile, "pin": setPIN, "remove": removeProfile, "reset": resetPIN,
	}
	known := []string{"list", "leave", "use", "add", "change", "pin", "remove", "reset"}
	act := acts[strings.Join(words[:min(1, len(words))], "")]
	switch {
	case len(words) == 0, len(words) == 1 && words[0] == "list":
		return a.listProfiles(ctx)
	case len(words) == 1 && words[0] == "leave":
		return a.command(ctx, "profiles.leave", nil)
	case act == nil:
		text := fmt.Sprintf("profile can do nothing called %q.", words[0])
		if near := spell.Nearest(words[0], known); near != "" {
			text = fmt.Sprintf("profile can do nothing called %q; did you mean %q?", words[0], near)
		}
		return usage(text, "See: usher help profile")
	case len(words) != 2:
		return usage("Usage: usher profile "+words[0]+" NAME", "List the profiles: usher profile list")
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	h := &house{app: a, c: c, name: words[1], in: bufio.NewReader(os.Stdin)}
	if err := local(c.call(ctx, "profiles.list", nil, &h.view)); err != nil {
		return err
	}
	return act(ctx, h)
}

// house is one change of a household.
type house struct {
	*app
	c    *client
	view box.HouseholdView
	name string
	in   *bufio.Reader
}

func (a *app) listProfiles(ctx context.Context) error {
	var v box.HouseholdView
	return a.list(ctx, "profiles.list", nil, &v, func(w io.Writer) {
		fmt.Fprintln(w, " \tNAME\tSEES\tPIN\tLANGUAGES")
		for _, p := range v.Profiles {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", mark(p.ID == v.Current), shownName(p), limitText(p), yesNo(p.PIN), languagesText(p))
		}
		if v.Current == "" {
			fmt.Fprintln(w, "\tNobody said yet who watches: usher profile use NAME")
		}
	})
}

func mark(on bool) string {
	if on {
		return "*"
	}
	return " "
}

func yesNo(on bool) string {
	if on {
		return "yes"
	}
	return "no"
}

// shownName is the name of a profile, or of the first one before it has one.
func shownName(p box.Profile) string {
	if p.Name == "" {
		return p.ID
	}
	return p.Name
}

func limitText(p box.Profile) string {
	text := "all titles"
	if p.Limit.MinAge < 18 {
		text = fmt.Sprintf("up to %s %s", p.Limit.System, p.Limit.Label)
	}
	if p.Kids {
		text += ", child"
	}
	if h := p.Watershed; h.MinAge > 0 {
		text += fmt.Sprintf(", from %d on only %02d:%02d-%02d:%02d", h.MinAge, h.From/60, h.From%60, h.Until/60, h.Until%60)
	}
	return text
}

func languagesText(p box.Profile) string {
	var list []string
	for _, l := range []struct{ what, tag string }{{"screen", p.Language}, {"audio", p.Audio}, {"subtitles", p.Subtitles}} {
		if l.tag != "" {
			list = append(list, l.what+" "+l.tag)
		}
	}
	if len(list) == 0 {
		return "as the box"
	}
	return strings.Join(list, ", ")
}

// find is the profile that is meant, by name or id.
func (h *house) find() (box.Profile, error) {
	var names []string
	for _, p := range h.view.Profiles {
		if p.ID == h.name || strings.EqualFold(p.Name, h.name) {
			return p, nil
		}
		names = append(names, shownName(p))
	}
	text := fmt.Sprintf("There is no profile %q.", h.name)
	if near := spell.Nearest(h.name, names); near != "" {
		text = fmt.Sprintf("There is no profile %q; did you mean %q?", h.name, near)
	}
	return box.Profile{}, &failure{code: exitFailed, key: "profile_unknown", text: text, hint: "List them: usher profile list"}
}

// call calls a method that may need a PIN under a name, and asks for it then.
func (h *house) call(ctx context.Context, method string, params map[string]any, member, question string) error {
	err := h.c.call(ctx, method, params, nil)
	var refused *remoteError
	if errors.As(err, &refused) && refused.Data.Key == "pin_needed" {
		pin, err := h.secret(question)
		if err != nil {
			return err
		}
		params[member] = pin
		return h.done(h.c.call(ctx, method, params, nil))
	}
	return h.done(err)
}

func (h *house) done(err error) error {
	if err := local(err); err != nil {
		return err
	}
	if h.opt.json {
		return h.print(map[string]bool{"done": true})
	}
	return nil
}

const ownerPIN = "PIN of the first profile: "

func useProfile(ctx context.Context, h *house) error {
	p, err := h.find()
	if err != nil {
		return err
	}
	return h.call(ctx, "profiles.choose", map[string]any{"id": p.ID}, "pin", "PIN of "+shownName(p)+": ")
}

func addProfile(ctx context.Context, h *house) error {
	params, err := h.opt.profile.params(h.view)
	if err != nil {
		return err
	}
	params["name"] = h.name
	return h.call(ctx, "profiles.create", params, "by", ownerPIN)
}

func changeProfile(ctx context.Context, h *house) error {
	p, err := h.find()
	if err != nil {
		return err
	}
	params, err := h.opt.profile.params(h.view)
	switch {
	case err != nil:
		return err
	case len(params) == 0:
		return usage("Nothing is to be changed.", "Name it by a flag: usher help profile")
	}
	params["id"] = p.ID
	return h.call(ctx, "profiles.change", params, "by", ownerPIN)
}

func removeProfile(ctx context.Context, h *house) error {
	p, err := h.find()
	if err != nil {
		return err
	}
	return h.call(ctx, "profiles.remove", map[string]any{"id": p.ID}, "by", ownerPIN)
}

func setPIN(ctx context.Context, h *house) error {
	p, pin, err := h.newPIN()
	if err != nil {
		return err
	}
	question := ownerPIN
	if p.ID == h.view.Current && !p.Kids {
		question = "Present PIN of " + shownName(p) + ": "
	}
	return h.call(ctx, "profiles.change", map[string]any{"id": p.ID, "pin": pin}, "by", question)
}

func resetPIN(ctx context.Context, h *house) error {
	p, pin, err := h.newPIN()
	if err != nil {
		return err
	}
	return h.done(h.c.call(ctx, "profiles.reset", map[string]any{"id": p.ID, "pin": pin}, nil))
}

// newPIN asks for a new PIN, on a terminal twice.
func (h *house) newPIN() (p box.Profile, pin string, err error) {
	if p, err = h.find(); err != nil {
		return p, "", err
	}
	if pin, err = h.secret("New PIN of " + shownName(p) + " (Enter: none): "); err != nil || !isTerminal() {
		return p, pin, err
	}
	again, err := h.secret("The same once more: ")
	if err == nil && again != pin {
		err = usage("The two PINs are not the same.", "Try again.")
	}
	return p, pin, err
}

// params are the flags that were given.
func (f profileFlags) params(v box.HouseholdView) (map[string]any, error) {
	params := map[string]any{}
	for name, value := range map[string]string{"name": f.name, "avatar": f.avatar, "language": f.language, "audio": f.audio, "subtitles": f.subtitles} {
		if value == "box" {
			params[name] = ""
		} else if value != "" {
			params[name] = value
		}
	}
	if f.kids {
		params["kids"] = true
		params["maxAge"] = forKids(v)
	}
	if f.unrated {
		params["unrated"] = true
	}
	if f.maxAge >= 0 {
		params["maxAge"] = f.maxAge
	}
	if f.hours != "" {
		hours, err := parseHours(f.hours)
		if err != nil {
			return nil, err
		}
		params["watershed"] = hours
	}
	return params, nil
}

// forKids is the limit of a child where none is named: the highest up to twelve.
func forKids(v box.HouseholdView) int {
	age := 0
	for _, l := range v.Limits {
		if l.MinAge <= 12 {
			age = max(age, l.MinAge)
		}
	}
	return age
}

// parseHours reads 12@20:00-06:00, and none.
func parseHours(text string) (box.Watershed, error) {
	bad := usage(fmt.Sprintf("%q are no hours.", text), "Write them as 12@20:00-06:00, or none.")
	if text == "none" {
		return box.Watershed{}, nil
	}
	age, times, ok1 := strings.Cut(text, "@")
	from, until, ok2 := strings.Cut(times, "-")
	n, err := strconv.Atoi(age)
	f, err1 := parseDay(from)
	u, err2 := parseDay(until)
	if !ok1 || !ok2 || n < 1 || n > 18 || errors.Join(err, err1, err2) != nil {
		return box.Watershed{}, bad
	}
	return box.Watershed{MinAge: n, From: f, Until: u}, nil
}

// parseDay reads a time of day as minutes after midnight.
func parseDay(text string) (int, error) {
	hour, minute, _ := strings.Cut(text, ":")
	h, err1 := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, strconv.ErrRange
	}
	return h*60 + m, errors.Join(err1, err2)
}

func isTerminal() bool {
	_, err := unix.IoctlGetTermios(int(os.Stdin.Fd()), unix.TCGETS)
	return err == nil
}

// secret reads a line; on a terminal it asks, and shows nothing of what is
// typed.
func (h *house) secret(question string) (string, error) {
	fd := int(os.Stdin.Fd())
	if was, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
		hidden := *was
		hidden.Lflag &^= unix.ECHO
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, &hidden); err != nil {
			return "", fmt.Errorf("hide what is typed: %w", err)
		}
		defer func() {
			_ = unix.IoctlSetTermios(fd, unix.TCSETS, was)
			fmt.Fprintln(h.err)
		}()
		fmt.Fprint(h.err, question)
	}
	line, err := h.in.ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		return "", usage("A PIN is needed: "+strings.TrimSuffix(question, ": ")+".", "Run it on a terminal, or give the PIN on standard input.")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
