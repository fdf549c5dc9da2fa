//go:build linux

package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

func nameChecks() []check {
	const area = "identity"
	return []check{
		{"name", area, "a bus name org.mpris.MediaPlayer2.* appears", true, seesName},
		{"properties", area, "GetAll answers on both interfaces", true, seesProperties},
		{"types", area, "properties have the specification's types", false, played(seesTypes)},
		{"schemes", area, "SupportedUriSchemes names http", false, seesSchemes},
		{"mime-types", area, "SupportedMimeTypes names HLS", false, seesMimeTypes},
	}
}

func seesName(_ context.Context, b *bench) verdict {
	if b.launch == nil {
		return pass("%s", b.name)
	}
	return pass("%s, %v after the start of the process", b.name, short(b.found.Sub(b.born)))
}

func seesProperties(ctx context.Context, b *bench) verdict {
	var counts []string
	for _, iface := range []string{rootIface, playerIface} {
		props, err := b.all(ctx, iface)
		if err != nil {
			return fail("%s: %v", iface, err)
		}
		counts = append(counts, fmt.Sprint(len(props)))
	}
	return pass("%s properties", strings.Join(counts, " and "))
}

func seesTypes(ctx context.Context, b *bench) verdict {
	s := b.look(ctx)
	want := map[string]string{"PlaybackStatus": "s", "Rate": "d", "Volume": "d", "Position": "x", "Metadata": "a{sv}", "CanSeek": "b", "MinimumRate": "d"}
	var wrong []string
	for name, sig := range want {
		if v, ok := s.props[name]; !ok {
			wrong = append(wrong, name+" missing")
		} else if got := v.Signature().String(); got != sig {
			wrong = append(wrong, name+" is "+got+", not "+sig)
		}
	}
	for name, sig := range map[string]string{"mpris:trackid": "o", "mpris:length": "x", "xesam:url": "s"} {
		if v, ok := s.meta[name]; !ok {
			wrong = append(wrong, name+" missing")
		} else if got := v.Signature().String(); got != sig {
			wrong = append(wrong, name+" is "+got+", not "+sig)
		}
	}
	slices.Sort(wrong)
	return hold(len(wrong) == 0, "%s", orElse(strings.Join(wrong, "; "), "as specified"))
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func seesSchemes(ctx context.Context, b *bench) verdict {
	root, err := b.all(ctx, rootIface)
	list, _ := root["SupportedUriSchemes"].Value().([]string)
	return hold(err == nil && slices.Contains(list, "http"), "%d schemes: %s", len(list), strings.Join(list[:min(6, len(list))], " "))
}

func seesMimeTypes(ctx context.Context, b *bench) verdict {
	root, err := b.all(ctx, rootIface)
	list, _ := root["SupportedMimeTypes"].Value().([]string)
	has := slices.ContainsFunc(list, func(t string) bool { return strings.Contains(strings.ToLower(t), "mpegurl") })
	return hold(err == nil && has, "%d types", len(list))
}

func openChecks() []check {
	const area = "opening"
	return []check{
		{"open-url", area, "OpenUri plays an HLS film, and xesam:url becomes its address", true, opensURL},
		{"status-playing", area, "PlaybackStatus says Playing while the picture moves", false, played(saysPlaying)},
		{"length", area, "mpris:length is the title's within 0.5 s", true, played(knowsLength)},
		{"track-unique", area, "each title has a track id of its own, an object path", false, tracksDiffer},
		{"metadata-signal", area, "a new title is signalled within 1 s", false, played(signalsTitle)},
		{"open-replaces", area, "OpenUri replaces the title; a list does not grow", false, played(openReplaces)},
		{"open-unpauses", area, "OpenUri while paused plays", false, played(openUnpauses)},
		{"same-again", area, "opening the same address again begins again", false, played(opensAgain)},
	}
}

func opensURL(ctx context.Context, b *bench) verdict {
	b.clear(ctx)
	begun := time.Now()
	if err := b.open(ctx, filmA); err != nil {
		return fail("%v", err)
	}
	accepted := time.Since(begun)
	if err := b.play(ctx, filmA); err != nil {
		return fail("%v", err)
	}
	return pass("address seen after %v, and the position moves", short(accepted))
}

func saysPlaying(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 300*time.Millisecond)
	s := b.look(ctx)
	return hold(s.status == "Playing", "%s at %v", s.status, short(s.pos))
}

func knowsLength(ctx context.Context, b *bench) verdict {
	_ = within(ctx, 3*time.Second, func() bool { return b.look(ctx).length > 0 }) // what it is in the end counts
	s := b.look(ctx)
	return hold((s.length-filmLength).Abs() < 500*time.Millisecond, "%v, true %v", short(s.length), filmLength)
}

func tracksDiffer(ctx context.Context, b *bench) verdict {
	var ids []string
	for _, path := range []string{filmA, filmB} {
		if err := b.play(ctx, path); err != nil {
			return fail("%v", err)
		}
		s := b.look(ctx)
		if !s.track.IsValid() || s.track == "/org/mpris/MediaPlayer2/TrackList/NoTrack" {
			return fail("track id %q", s.track)
		}
		ids = append(ids, string(s.track))
	}
	return hold(ids[0] != ids[1], "%s, then %s", ids[0], ids[1])
}

func signalsTitle(ctx context.Context, b *bench) verdict {
	heard := b.mark()
	begun := time.Now()
	if err := b.call(ctx, "OpenUri", b.origin.url(filmB)); err != nil {
		return fail("%v", err)
	}
	err := within(ctx, 3*time.Second, func() bool {
		for _, s := range heard("PropertiesChanged") {
			if strings.Contains(fmt.Sprint(s.Body...), filmB) {
				return true
			}
		}
		return false
	})
	took := time.Since(begun)
	if err != nil {
		return fail("no signal carried the new address in 3 s")
	}
	return hold(took < time.Second, "after %v", short(took))
}

func openReplaces(ctx context.Context, b *bench) verdict {
	if err := b.open(ctx, filmB); err != nil {
		return fail("%v", err)
	}
	b.wait(ctx, 500*time.Millisecond)
	_ = b.call(ctx, "Previous") // refused is as good
	back := within(ctx, time.Second, func() bool { return b.look(ctx).url == b.origin.url(filmA) }) == nil
	return hold(!back, "%s", map[bool]string{true: "appended: Previous leads back to the first title", false: "replaced: Previous leads nowhere"}[back])
}

func openUnpauses(ctx context.Context, b *bench) verdict {
	_ = b.call(ctx, "Pause") // seen next
	if within(ctx, 2*time.Second, func() bool { return b.look(ctx).status == "Paused" }) != nil {
		return none("it does not pause: %s", b.look(ctx).status)
	}
	if err := b.open(ctx, filmB); err != nil {
		return fail("%v", err)
	}
	moved := within(ctx, 2500*time.Millisecond, func() bool { return b.look(ctx).pos > 200*time.Millisecond }) == nil
	return hold(moved, "%s, position %v", b.look(ctx).status, short(b.look(ctx).pos))
}

func opensAgain(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 1500*time.Millisecond)
	before := b.look(ctx).pos
	if err := b.call(ctx, "OpenUri", b.origin.url(filmA)); err != nil {
		return fail("%v", err)
	}
	err := within(ctx, 2*time.Second, func() bool { return b.look(ctx).pos < before-500*time.Millisecond })
	return hold(err == nil, "from %v to %v", short(before), short(b.look(ctx).pos))
}
