package ui

import (
	"context"

	"usher/internal/box"
	"usher/internal/rights"
)

// profiles knows the profiles of the box. Its methods wait for the disk, and
// for the reckoning of a PIN. Their errors are a *box.Problem or a
// *box.PINLocked where a person can do something about them.
type profiles interface {
	Choose(ctx context.Context, id string, pin rights.PIN) error
	Leave()
	Create(ctx context.Context, d box.ProfileDraft, by rights.PIN) (id string, err error)
	Change(ctx context.Context, id string, d box.ProfileDraft, by rights.PIN) error
	Remove(ctx context.Context, id string, by rights.PIN) error
	Verify(ctx context.Context, pin rights.PIN) error
	ForgetPIN(ctx context.Context, id string, next rights.PIN) error
	Note(titleID string, on bool) error
}

// householdMethods are those of profiles and their watchlists.
func (b *Bridge) householdMethods() map[string]spec {
	most := b.limits.call
	return map[string]spec{
		"profiles.list":   takes(b.profileList),
		"profiles.choose": takes(b.chooseProfile).within(most),
		"profiles.leave":  takes(b.leaveProfile).within(most),
		"profiles.create": takes(b.createProfile).within(most),
		"profiles.change": takes(b.changeProfile).within(most),
		"profiles.remove": takes(b.removeProfile).within(most),
		"profiles.verify": takes(b.verifyPIN).within(most),
		"profiles.reset":  takes(b.resetPIN).within(most),
		"watchlist.set":   takes(b.setWatchlist).within(most),
	}
}

func (b *Bridge) profileList(context.Context, *session, none) (any, error) {
	return b.tidyHousehold(b.box.View().Household), nil
}

type whoParams struct {
	ID  string     `json:"id"`
	PIN rights.PIN `json:"pin"`
}

func (b *Bridge) chooseProfile(ctx context.Context, _ *session, p whoParams) (any, error) {
	return b.house(func(h profiles) error { return h.Choose(ctx, p.ID, p.PIN) })
}

func (b *Bridge) leaveProfile(context.Context, *session, none) (any, error) {
	return b.house(func(h profiles) error { h.Leave(); return nil })
}

type createParams struct {
	Name      *string        `json:"name"`
	Avatar    *string        `json:"avatar"`
	Kids      *bool          `json:"kids"`
	MaxAge    *int           `json:"maxAge"`
	Unrated   *bool          `json:"unrated"`
	Watershed *box.Watershed `json:"watershed"`
	Language  *string        `json:"language"`
	Audio     *string        `json:"audio"`
	Subtitles *string        `json:"subtitles"`
	PIN       *rights.PIN    `json:"pin"`
	By        rights.PIN     `json:"by"`
}

func (p createParams) draft() box.ProfileDraft {
	return box.ProfileDraft{
		Name: p.Name, Avatar: p.Avatar, Kids: p.Kids, MaxAge: p.MaxAge, Unrated: p.Unrated, Watershed: p.Watershed,
		Language: p.Language, Audio: p.Audio, Subtitles: p.Subtitles, PIN: p.PIN,
	}
}

func (b *Bridge) createProfile(ctx context.Context, _ *session, p createParams) (any, error) {
	id := ""
	_, err := b.house(func(h profiles) (err error) {
		id, err = h.Create(ctx, p.draft(), p.By)
		return err
	})
	return map[string]string{"id": id}, err
}

type changeParams struct {
	ID string `json:"id"`
	createParams
}

func (b *Bridge) changeProfile(ctx context.Context, _ *session, p changeParams) (any, error) {
	return b.house(func(h profiles) error { return h.Change(ctx, p.ID, p.draft(), p.By) })
}

type removeParams struct {
	ID string     `json:"id"`
	By rights.PIN `json:"by"`
}

func (b *Bridge) removeProfile(ctx context.Context, _ *session, p removeParams) (any, error) {
	return b.house(func(h profiles) error { return h.Remove(ctx, p.ID, p.By) })
}

type verifyParams struct {
	PIN rights.PIN `json:"pin"`
}

func (b *Bridge) verifyPIN(ctx context.Context, _ *session, p verifyParams) (any, error) {
	return b.house(func(h profiles) error { return h.Verify(ctx, p.PIN) })
}

func (b *Bridge) resetPIN(ctx context.Context, _ *session, p whoParams) (any, error) {
	return b.house(func(h profiles) error { return h.ForgetPIN(ctx, p.ID, p.PIN) })
}

type watchlistParams struct {
	TitleID string `json:"titleId"`
	On      bool   `json:"on"`
}

// setWatchlist takes what the viewer may know of; anything may be taken off.
func (b *Bridge) setWatchlist(_ context.Context, _ *session, p watchlistParams) (any, error) {
	if p.On && !b.catalogue.Knows(p.TitleID) {
		return nil, newFault(codeNotFound, "not_found", "No service of this box has this title.", "Go back to the catalogue and choose another one.")
	}
	return b.house(func(h profiles) error { return h.Note(p.TitleID, p.On) })
}

// house carries out a change of the household.
func (b *Bridge) house(change func(profiles) error) (any, error) {
	if b.people == nil {
		return nil, newFault(codeUnavailable, "profiles_off", "This daemon keeps no profiles.", "Start it with a state folder.")
	}
	return b.refused(change(b.people))
}

// tidyHousehold has lists where there are none, and no title that the viewer
// may not know of.
func (b *Bridge) tidyHousehold(v box.HouseholdView) box.HouseholdView {
	v.Profiles, v.Limits, v.Avatars = some(v.Profiles), some(v.Limits), some(v.Avatars)
	left := []string{}
	for _, id := range v.Watchlist {
		if b.catalogue.Knows(id) {
			left = append(left, id)
		}
	}
	v.Watchlist = left
	return v
}

// tidyProgress leaves out what the viewer may not know of: a limit may have
// been set since a title was begun.
func (b *Bridge) tidyProgress(all map[string]box.Progress) map[string]box.Progress {
	left := make(map[string]box.Progress, len(all))
	for id, p := range all {
		if b.catalogue.Knows(id) {
			left[id] = p
		}
	}
	return left
}
