package ui

import (
	"context"
	"errors"

	"usher/internal/box"
)

// Household is what can be chosen on the screen, and a voice for it. The calls
// block for the disk at most.
type Household interface {
	Settings() Settings
	// Set chooses a value. Its error may be a *box.Problem.
	Set(name, value string) error
	// Say has a sentence said aloud, in a language (BCP 47); "" is silence. It
	// does not block. While the voice is off nothing is said.
	Say(text, language string)
	// Changed has a token after a value was chosen; tokens are merged. Run is its
	// only receiver.
	Changed() <-chan struct{}
}

// Settings are all settings, and what each may be.
type Settings struct {
	Values map[string]string `json:"values"`
	List   []Setting         `json:"list"`
	Asks   bool              `json:"asks"` // nobody has chosen a language yet: the screen asks
}

// Setting is one thing that can be chosen.
type Setting struct {
	Name    string   `json:"name"`
	Values  []string `json:"values"`
	Default string   `json:"default"`
	Absent  string   `json:"absent,omitempty"` // why it has no effect on this box: a word of the document
}

// settingMethods are the methods of the settings.
func (b *Bridge) settingMethods() map[string]spec {
	return map[string]spec{
		"settings.get": takes(b.settingsGet),
		"settings.set": takes(b.settingsSet).within(b.limits.call),
		"speech.say":   takes(b.say).asCommand(),
	}
}

// withHousehold is the settings, or the reason why there are none.
func (b *Bridge) withHousehold() (Household, error) {
	if b.household == nil {
		return nil, refusal(&box.Problem{
			Code: "settings_off", Text: "This daemon keeps no settings.",
			Hint: "Start usherd with a state folder: -state DIR",
		})
	}
	return b.household, nil
}

func (b *Bridge) settingsGet(context.Context, *session, none) (any, error) {
	h, err := b.withHousehold()
	if err != nil {
		return nil, err
	}
	return tidySettings(h), nil
}

func tidySettings(h Household) Settings {
	s := h.Settings()
	s.List = some(s.List)
	return s
}

// settingsChanged has a token after a setting was chosen; nil where there are
// none.
func (b *Bridge) settingsChanged() <-chan struct{} {
	if b.household == nil {
		return nil
	}
	return b.household.Changed()
}

// publishSettings tells every screen what is chosen now: a household may have
// several.
func (b *Bridge) publishSettings() {
	if b.household != nil {
		b.publishState(topicSettings, tidySettings(b.household))
	}
}

type settingParams struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (b *Bridge) settingsSet(ctx context.Context, c *session, p settingParams) (any, error) {
	h, err := b.withHousehold()
	if err != nil {
		return nil, err
	}
	if err := h.Set(p.Name, p.Value); err != nil {
		if refused, ok := errors.AsType[*box.Problem](err); ok {
			return nil, refusal(refused)
		}
		return nil, err
	}
	return b.settingsGet(ctx, c, none{})
}

type sayParams struct {
	Text     string `json:"text"`
	Language string `json:"language"`
}

func (b *Bridge) say(_ context.Context, _ *session, p sayParams) (any, error) {
	h, err := b.withHousehold()
	if err != nil {
		return nil, err
	}
	h.Say(p.Text, p.Language)
	return accepted{true}, nil
}
