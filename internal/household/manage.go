package household

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"usher/internal/box"
	"usher/internal/rights"
)

// Limits of a household.
const (
	MaxProfiles = 8
	MaxName     = 30 // characters
)

// avatars are the pictures a profile may have; the page draws them.
func avatars() []string {
	return []string{"fox", "owl", "whale", "cat", "bear", "bird", "frog", "rabbit"}
}

// Choose says who watches. The PIN of that profile is asked for, where it has
// one and does not watch already. What plays ends when somebody else watches.
func (h *Household) Choose(ctx context.Context, id string, p rights.PIN) error {
	h.mu.Lock()
	same := h.current == id
	h.mu.Unlock()
	if same {
		return nil
	}
	if err := h.verify(ctx, id, p); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.find(id) == nil { // removed meanwhile
		return new(profileUnknown)
	}
	next := h.all
	next.Last = id
	if err := h.store(next); err != nil {
		return err
	}
	h.all, h.current = next, id
	h.changed()
	return nil
}

// Leave lets the box ask who watches; with one profile it changes nothing.
func (h *Household) Leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.all.Profiles) > 1 && h.current != "" {
		h.current = ""
		h.changed()
	}
}

// Create adds a profile and gives its id. by is the first profile's PIN, where
// it has one.
func (h *Household) Create(ctx context.Context, d box.ProfileDraft, by rights.PIN) (id string, err error) {
	if err := h.authorize(ctx, by); err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id = strings.ToLower(rand.Text()[:10])
	err = h.edit(func(r *record) *box.Problem {
		if len(r.Profiles) >= MaxProfiles {
			return new(profilesMany)
		}
		p := person{Profile: box.Profile{ID: id, Avatar: avatars()[len(r.Profiles)%len(avatars())], Limit: h.widest()}}
		if bad := h.apply(&p, d); bad != nil {
			return bad
		}
		r.Profiles = append(r.Profiles, p)
		return nil
	})
	return id, err
}

// Change changes what the draft names. Who watches may change its own name,
// picture and languages, and with its present PIN the PIN; everything else,
// and everything of a children's profile, needs the first profile's PIN.
func (h *Household) Change(ctx context.Context, id string, d box.ProfileDraft, by rights.PIN) error {
	if err := h.allow(ctx, id, d, by); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.edit(func(r *record) *box.Problem {
		i := r.index(id)
		if i < 0 {
			return new(profileUnknown)
		}
		return h.apply(&r.Profiles[i], d)
	})
}

// allow says whether a change may be made.
func (h *Household) allow(ctx context.Context, id string, d box.ProfileDraft, by rights.PIN) error {
	h.mu.Lock()
	who := h.find(id)
	own := who != nil && id == h.current && !who.Kids
	h.mu.Unlock()
	switch {
	case who == nil:
		return new(profileUnknown)
	case own && d.Personal():
		return nil
	case own && d.OnlyPIN():
		return h.verify(ctx, id, by)
	}
	return h.authorize(ctx, by)
}

// Remove removes a profile and all that is kept for it. The first one stays,
// and so does the one that watches.
func (h *Household) Remove(ctx context.Context, id string, by rights.PIN) error {
	if err := h.authorize(ctx, by); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.edit(func(r *record) *box.Problem {
		i := r.index(id)
		switch {
		case i < 0:
			return new(profileUnknown)
		case i == 0:
			return new(profileFirst)
		case id == h.current:
			return new(profileWatching)
		}
		r.Profiles = slices.Delete(r.Profiles, i, i+1)
		r.Gone = append(r.Gone, id)
		return nil
	})
	if err == nil { // the core has the positions wiped; what is interrupted, the next start does
		delete(h.lists, id)
	}
	return err
}

func (r *record) index(id string) int {
	return slices.IndexFunc(r.Profiles, func(p person) bool { return p.ID == id })
}

// edit changes the record, holds it against the rules, stores it and tells the
// core. It needs the lock.
func (h *Household) edit(change func(*record) *box.Problem) error {
	next := h.all
	next.Profiles = slices.Clone(h.all.Profiles)
	next.Gone = slices.Clone(h.all.Gone)
	if bad := change(&next); bad != nil {
		return bad
	}
	if bad := next.rules(); bad != nil {
		return bad
	}
	if next.index(next.Last) < 0 {
		next.Last = box.FirstProfile
	}
	if err := h.store(next); err != nil {
		return err
	}
	h.all = next
	h.changed()
	return nil
}

// rules are what holds for every household.
func (r *record) rules() *box.Problem {
	first := r.Profiles[0]
	if first.Kids || first.Limit.MinAge < rights.Adult || first.Watershed.MinAge > 0 {
		return new(profileFirst)
	}
	for _, p := range r.Profiles {
		if p.Hash == nil && slices.ContainsFunc(r.Profiles, func(q person) bool { return q.less(p) }) {
			bad := pinMissing
			bad.Text = "“" + p.Name + "” may see more than another profile, and has no PIN."
			if p.Name == "" {
				bad.Text = "The first profile may see more than another one, and has no PIN."
			}
			return &bad
		}
	}
	return nil
}

// less says whether p may see or do less than another in any way.
func (p person) less(o person) bool {
	return p.Limit.MinAge < o.Limit.MinAge || p.Kids && !o.Kids ||
		p.Limit.MinAge < rights.Adult && !p.Unrated && o.Unrated ||
		p.Watershed.MinAge > 0 && p.Watershed != o.Watershed
}

// apply puts what a draft names into a profile.
func (h *Household) apply(p *person, d box.ProfileDraft) *box.Problem {
	set(&p.Name, d.Name)
	set(&p.Avatar, d.Avatar)
	set(&p.Kids, d.Kids)
	set(&p.Unrated, d.Unrated)
	set(&p.Watershed, d.Watershed)
	set(&p.Language, d.Language)
	set(&p.Audio, d.Audio)
	set(&p.Subtitles, d.Subtitles)
	if d.MaxAge != nil {
		p.Limit.MinAge = *d.MaxAge
	}
	i := slices.IndexFunc(rights.LimitsIn(h.opt.Country), func(l limit) bool { return l.MinAge == p.Limit.MinAge })
	if i >= 0 {
		p.Limit = rights.LimitsIn(h.opt.Country)[i]
	}
	if p.Kids { // what nobody rated is not for children
		p.Unrated = false
	}
	if d.PIN != nil && *d.PIN != "" && !d.PIN.Proper() {
		return new(pinImproper)
	}
	p.Name = strings.TrimSpace(p.Name)
	if bad := p.check(i >= 0); bad != nil {
		return bad
	}
	if d.PIN != nil {
		p.setPIN(*d.PIN, h.cost)
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// check says what is wrong with a profile.
func (p *person) check(known bool) *box.Problem {
	bad := func(what string) *box.Problem {
		problem := profileBad
		problem.Text = what
		return &problem
	}
	day := func(m int) bool { return m >= 0 && m < 24*60 }
	switch {
	case !fitName(p.Name) && (p.ID != box.FirstProfile || p.Name != ""):
		return bad("A profile needs a name of at most 30 characters.")
	case !slices.Contains(avatars(), p.Avatar):
		return bad("There is no such picture for a profile.")
	case !known:
		return bad("There is no such age limit in this country.")
	case p.Kids && p.Limit.MinAge >= rights.Adult:
		return bad("A children's profile needs an age limit.")
	case !day(p.Watershed.From) || !day(p.Watershed.Until) || p.Watershed.MinAge < 0 || p.Watershed.MinAge > rights.Adult:
		return bad("The hours of a profile are minutes of a day, 0 to 1439.")
	case !fitTag(p.Language) || !fitTag(p.Audio) || !fitTag(p.Subtitles):
		return bad("A language is a tag such as de or zh-Hans.")
	}
	return nil
}

func fitName(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= MaxName &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// fitTag takes what looks like a BCP 47 tag, and nothing for none.
func fitTag(s string) bool {
	return len(s) <= 35 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// Agree notes that who watches agreed to tell the services what is watched, or
// withdrew that. A children's profile agrees to nothing.
func (h *Household) Agree(on bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.edit(func(r *record) *box.Problem {
		i := r.index(h.current)
		switch {
		case i < 0:
			return new(profileUnknown)
		case on && r.Profiles[i].Kids:
			return new(kidsInsights)
		}
		r.Profiles[i].Insights = on
		return nil
	})
}
