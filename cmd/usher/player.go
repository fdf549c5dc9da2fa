package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/spell"
)

// command makes one call that answers accepted.
func (a *app) command(ctx context.Context, method string, params any) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.call(ctx, method, params, nil); err != nil {
		return local(err)
	}
	return a.done()
}

func (a *app) done() error {
	if a.opt.json {
		return a.print(map[string]bool{"accepted": true})
	}
	return nil
}

// local turns the daemon's error into the command's.
func local(err error) error {
	var e *remoteError
	if errors.As(err, &e) {
		return e.failure()
	}
	return err
}

func seek(ctx context.Context, a *app, words []string) error {
	at, relative, err := parseTime(words[0])
	if err != nil {
		return usage(fmt.Sprintf("%q is not a time within a film.", words[0]), "Write +30, -10, 1:23:45 or 90s.")
	}
	name := "toMs"
	if relative {
		name = "byMs"
	}
	return a.command(ctx, "player.seek", map[string]int64{name: at.Milliseconds()})
}

// parseTime reads +30, -10, 90, 90s, 12:34 and 1:23:45.
func parseTime(s string) (at time.Duration, relative bool, err error) {
	const most = 48 * time.Hour
	bare := s
	if s != "" && (s[0] == '+' || s[0] == '-') {
		bare, relative = s[1:], true
	}
	switch at, err = parseClock(bare); {
	case err != nil || at > most:
		return 0, false, fmt.Errorf("%q is not a time within a film", s)
	case s[0] == '-':
		at = -at
	}
	return at, relative, nil
}

func parseClock(s string) (time.Duration, error) {
	parts := strings.Split(s, ":")
	if len(parts) == 1 && s != "" && (s[len(s)-1] < '0' || s[len(s)-1] > '9') {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || s[0] == '+' || s[0] == '-' {
			return 0, errors.New("not a duration")
		}
		return d, nil
	}
	if len(parts) > 3 {
		return 0, errors.New("too many parts")
	}
	var total uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil || i > 0 && n > 59 {
			return 0, errors.New("not a clock time")
		}
		total = total*60 + n
	}
	if total > math.MaxInt32 {
		return 0, errors.New("too long")
	}
	return time.Duration(total) * time.Second, nil
}

func volume(ctx context.Context, a *app, words []string) error {
	if len(words) == 0 {
		return a.showVolume(ctx)
	}
	params, err := volumeParams(words[0])
	if err != nil {
		return err
	}
	return a.command(ctx, "player.volume", params)
}

func volumeParams(word string) (map[string]any, error) {
	switch word {
	case "mute":
		return map[string]any{"mute": true}, nil
	case "unmute":
		return map[string]any{"mute": false}, nil
	case "toggle":
		return map[string]any{"mute": "toggle"}, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(word, "%"), 64)
	if err != nil || n != n || math.Abs(n) > 100 {
		return nil, usage(fmt.Sprintf("%q is not a volume.", word), "Write 40, +5, -5, mute, unmute or toggle.")
	}
	if word[0] == '+' || word[0] == '-' {
		return map[string]any{"by": n / 100}, nil
	}
	return map[string]any{"level": n / 100}, nil
}

// playback is what plays.
func (a *app) playback(ctx context.Context) (v box.PlaybackView, err error) {
	c, err := a.connect(ctx)
	if err != nil {
		return v, err
	}
	defer c.close()
	return v, local(c.call(ctx, "playback.get", nil, &v))
}

func (a *app) showVolume(ctx context.Context) error {
	v, err := a.playback(ctx)
	if err != nil {
		return err
	}
	if a.opt.json {
		return a.print(map[string]any{"volume": v.Volume, "muted": v.Muted})
	}
	fmt.Fprintln(a.out, volumeText(v))
	return nil
}

// key presses keys in the order given. All are known keys before the first is
// sent; when the box refuses one, the rest is not sent.
func key(ctx context.Context, a *app, words []string) error {
	known := []string{}
	for _, k := range remote.Keys() {
		known = append(known, string(k))
	}
	for _, w := range words {
		if !remote.Key(w).Valid() {
			f := usage(fmt.Sprintf("There is no key %q.", w), "The keys: "+strings.Join(known, " "))
			if near := spell.Nearest(w, known); near != "" {
				f.text = fmt.Sprintf("There is no key %q; did you mean %q?", w, near)
			}
			return f
		}
	}
	if a.opt.hold < 0 || a.opt.hold > remote.HeldAtMost {
		return usage(fmt.Sprintf("A key cannot be held for %v.", a.opt.hold), "Hold it for 1ms to 30s: usher key volup -hold 2s")
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	method, params := "remote.key", map[string]any{"action": a.opt.action}
	if a.opt.hold > 0 {
		method, params = "remote.hold", map[string]any{"forMs": max(a.opt.hold.Milliseconds(), 1)}
		c.patience += a.opt.hold
	}
	for i, w := range words {
		params["key"] = w
		err := local(c.call(ctx, method, params, nil))
		var f *failure
		if errors.As(err, &f) && i > 0 {
			return &failure{code: exitPartly, key: f.key, text: fmt.Sprintf("%d of %d keys were pressed. %s", i, len(words), f.text), hint: f.hint}
		}
		if err != nil {
			return err
		}
	}
	return a.done()
}
