package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"usher/device/speech"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/service"
	"usher/internal/settings"
	"usher/internal/ui"
	"usher/player"
)

// choices are what the household chose, and who acts on it.
type choices struct {
	list    *settings.Settings
	voice   *speech.Speaker // nil: there is none
	style   chan player.SubtitleStyle
	styler  player.Styler // nil: the player draws subtitles as it likes
	noAhead atomic.Bool
}

// openSpeech finds a voice. A box without one says so where it is switched on.
func (a *appliance) openSpeech() error {
	if a.cfg.Speech.Program == "off" {
		return nil
	}
	voice, err := speech.New(a.cfg.Speech.Program, a.part("speech"))
	switch {
	case errors.Is(err, speech.ErrNone) && a.cfg.Speech.Program == "auto":
		a.log.Debug("The screen has no voice", "reason", err)
	case err != nil:
		a.log.Warn("The screen has no voice", "reason", err, "hint", "install speech-dispatcher or espeak-ng")
	default:
		a.choices.voice = voice
	}
	return nil
}

func (a *appliance) openSettings() (err error) {
	a.choices.style = make(chan player.SubtitleStyle, 1)
	a.choices.styler, _ = a.player.tracks.(player.Styler)
	a.choices.list, err = settings.Open(settings.Options{Keeper: a.state, Defaults: a.defaults(), Apply: a.applySetting})
	return err
}

// defaults are the settings as the configuration has them.
func (a *appliance) defaults() settings.Values {
	c := a.cfg
	ahead := c.Prefetch.Kits
	return settings.Values{
		settings.Language: pageLanguage(c), settings.Height: strconv.Itoa(c.Cache.MaxHeight),
		settings.TVWake: c.TV.Wake, settings.TVSleep: c.TV.Sleep, settings.TVFollow: c.TV.Follow,
		settings.Idle: strconv.Itoa(int(time.Duration(c.Power.Idle) / time.Minute)), settings.Metered: c.Network.Metered, settings.Ahead: ahead,
	}
}

// pageLanguage is the page's language before anybody chose one: the one that
// is configured, where the page speaks it. A demo follows the browser; a box
// asks.
func pageLanguage(c *config.Loaded) string {
	primary, _, _ := strings.Cut(strings.ToLower(c.Language), "-")
	for _, tag := range []string{"zh-Hans", "en", "de", "id", "th"} {
		if of, _, _ := strings.Cut(strings.ToLower(tag), "-"); primary == of {
			return tag
		}
	}
	if c.Demo {
		return "auto"
	}
	return ""
}

// applySetting makes one choice effective; it does not block.
func (a *appliance) applySetting(name, value string) {
	switch name {
	case settings.Metered:
		a.uplink.choose(value)
	case settings.Ahead:
		a.choices.noAhead.Store(value == "off")
	case settings.Height:
		lines, _ := strconv.Atoi(value) // one of the list
		a.origin.SetMaxHeight(lines)
	case settings.Idle:
		minutes, _ := strconv.Atoi(value)
		a.daemon.Tell(box.PowerChosen{Settings: box.PowerSettings{Idle: time.Duration(minutes) * time.Minute}})
	case settings.TVWake, settings.TVSleep, settings.TVFollow:
		a.configureTV()
	case settings.Speech:
		if value == "off" && a.choices.voice != nil {
			a.choices.voice.Say(speech.Sentence{})
		}
	}
	if strings.HasPrefix(name, "subtitle.") {
		a.styleSubtitles()
	}
}

// configureTV gives the television's edge its configuration with what was
// chosen on the screen.
func (a *appliance) configureTV() {
	if a.tv.station == nil {
		return
	}
	c, v := a.cfg.TV, a.choices.list.Values()
	c.Wake, c.Sleep, c.Follow = v[settings.TVWake], v[settings.TVSleep], v[settings.TVFollow]
	a.tv.station.Configure(tvSettings(c, a.tv.quirks))
}

// styleSubtitles hands the newest style to who tells the player.
func (a *appliance) styleSubtitles() {
	if a.choices.styler == nil {
		return
	}
	s := styleOf(a.choices.list.Values())
	for {
		select {
		case a.choices.style <- s:
			return
		case <-a.choices.style: // one that nobody has taken is out of date
		}
	}
}

// styleOf is the style of subtitles in numbers.
func styleOf(v settings.Values) player.SubtitleStyle {
	share := func(name string) float64 {
		percent, _ := strconv.ParseFloat(v[name], 64) // one of the list
		return percent / 100
	}
	colors := map[string]uint32{
		"white": 0xffffff, "yellow": 0xffff00, "green": 0x00ff00, "cyan": 0x00ffff,
		"blue": 0x3c6cff, "magenta": 0xff00ff, "red": 0xff3030, "black": 0x000000,
	}
	edges := map[string]player.Edge{
		"outline": player.Outline, "shadow": player.Shadow, "raised": player.Raised, "depressed": player.Depressed, "none": player.NoEdge,
	}
	fonts := map[string]string{ // those of settings.tsx
		"sans": "sans-serif", "serif": "serif", "mono": "monospace", "mono-serif": "Courier", "casual": "Comic Neue", "cursive": "cursive",
	}
	return player.SubtitleStyle{
		Scale: share(settings.SubtitleSize), Color: colors[v[settings.SubtitleColor]], Opacity: share(settings.SubtitleSolid), Plate: colors[v[settings.SubtitlePlate]],
		Density: share(settings.SubtitleDense), Edge: edges[v[settings.SubtitleEdge]], Font: fonts[v[settings.SubtitleFont]],
		SDR: share(settings.SubtitleSDR), HDR: share(settings.SubtitleHDR),
	}
}

// services tell the player how subtitles look, and speak.
func (c *choices) services() []service.Service {
	var list []service.Service
	if c.styler != nil {
		list = append(list, service.Service{Name: "subtitles", Run: c.tellStyle, Restart: service.OnError})
	}
	if c.voice != nil {
		list = append(list, service.Service{Name: "speech", Run: c.voice.Run, Restart: service.OnError})
	}
	return list
}

// tellStyle tells the player. One that is away is dressed by its driver when
// the next title begins.
func (c *choices) tellStyle(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-c.style:
			_ = c.styler.Style(ctx, s) // kept by the driver whatever becomes of it
		}
	}
}

// household is the settings as the bridge knows them.
type household struct{ a *appliance }

// Settings implements the bridge's household.
func (h household) Settings() ui.Settings {
	values := h.a.choices.list.Values()
	out := ui.Settings{Values: values, Asks: values[settings.Language] == ""}
	for _, k := range h.a.choices.list.Known() {
		out.List = append(out.List, ui.Setting{Name: k.Name, Values: k.Values, Default: k.Default, Absent: h.a.absent(k.Name)})
	}
	return out
}

// absent says why a setting has no effect on this box; "" it has.
func (a *appliance) absent(name string) string {
	switch {
	case strings.HasPrefix(name, "subtitle.") && a.choices.styler == nil:
		return "player"
	case strings.HasPrefix(name, "tv.") && (a.tv.station == nil || a.cfg.TV.Mode == "keys_only"):
		return "tv"
	case strings.HasPrefix(name, settings.Speech) && a.choices.voice == nil:
		return "voice"
	}
	return ""
}

// Set implements the bridge's household.
func (h household) Set(name, value string) error {
	err := h.a.choices.list.Set(name, value)
	if unknown, ok := errors.AsType[*settings.UnknownError](err); ok {
		text := strings.ToUpper(unknown.Error()[:1]) + unknown.Error()[1:]
		return &box.Problem{Code: "bad_setting", Text: text, Hint: "Choose one of the values that settings.get lists."}
	}
	if err != nil {
		h.a.log.Error("Setting not stored", "name", name, "error", err)
		return &box.Problem{
			Code: "settings_disk", Text: "The choice could not be stored; everything is as it was.",
			Hint: "Open Settings, Diagnostics: it says what is wrong with the disk.",
		}
	}
	return nil
}

// Changed implements the bridge's household.
func (h household) Changed() <-chan struct{} { return h.a.choices.list.Changed() }

// Say implements the bridge's household.
func (h household) Say(text, language string) {
	v := h.a.choices.list.Values()
	if h.a.choices.voice == nil || v[settings.Speech] != "on" {
		return
	}
	rate, _ := strconv.Atoi(v[settings.SpeechRate])
	h.a.choices.voice.Say(speech.Sentence{Text: text, Language: language, Rate: rate})
}
