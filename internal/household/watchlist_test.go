package household

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/internal/box"
)

func (h *home) shown() string { return strings.Join(onList(h.Wishes(box.FirstProfile)), " ") }

// TestAnOlderListIsKept: the list of an usherd without times is taken over
// whole and in its order, once; what an older one does to a newer list counts.
func TestAnOlderListIsKept(t *testing.T) {
	d := newDisk()
	h := open(t, d)
	h.want("", h.Change(t.Context(), box.FirstProfile, box.ProfileDraft{Name: new("Anna")}, ""))
	d.now[listKey(box.FirstProfile)] = `["demo:c","demo:b","demo:a"]`
	h = open(t, d)
	first := h.Wishes(box.FirstProfile)
	if h.shown() != "demo:c demo:b demo:a" {
		t.Error(h.shown())
	}
	h = open(t, d)
	if !slices.Equal(first, h.Wishes(box.FirstProfile)) {
		t.Errorf("%v, then %v", first, h.Wishes(box.FirstProfile))
	}
	// An older usherd keeps the string it does not know where it was.
	text := d.now[listKey(box.FirstProfile)]
	d.now[listKey(box.FirstProfile)] = strings.Replace(strings.Replace(text, `"demo:b",`, "", 1), `[`, `["demo:d",`, 1)
	h = open(t, d)
	if h.shown() != "demo:d demo:c demo:a" || !slices.ContainsFunc(h.Wishes(box.FirstProfile), func(w box.Listed) bool { return w.Off && w.TitleID == "demo:b" }) {
		t.Errorf("%v", h.Wishes(box.FirstProfile))
	}
}

func TestMergedWishes(t *testing.T) {
	d := newDisk()
	h := open(t, d)
	h.want("", h.Change(t.Context(), box.FirstProfile, box.ProfileDraft{Name: new("Anna")}, ""))
	h.want("", h.Note("demo:a", true))
	h.want("", h.Note("demo:b", true))
	sent := h.Wishes(box.FirstProfile)
	at := h.now.UnixMilli()
	h.want("", h.Note("demo:b", false)) // meanwhile
	h.want("", h.MergeWishes(box.FirstProfile, sent, []box.Listed{
		{TitleID: "demo:a", Off: true, AtMS: at - 50}, // the clock of this box is ahead: the service has the word
		{TitleID: "demo:b", AtMS: at}, {TitleID: "demo:n", AtMS: at - 100}, {TitleID: "!", AtMS: at}, {AtMS: at},
	}))
	if h.shown() != "demo:n" || strings.Join(h.view().Watchlist, " ") != "demo:n" {
		t.Errorf("%v", h.Wishes(box.FirstProfile))
	}
	writes := len(d.history)
	h.want("", h.MergeWishes(box.FirstProfile, nil, h.Wishes(box.FirstProfile)))
	h.want("", h.MergeWishes("nobody", nil, []box.Listed{{TitleID: "demo:x", AtMS: at}}))
	if len(d.history) != writes {
		t.Error("nothing changed, and it was written")
	}
	h.now = h.now.Add(-time.Hour) // the clock is set back: what a person does counts all the same
	h.want("", h.Note("demo:n", false))
	if again := open(t, d); again.shown() != "" || again.Wishes(box.FirstProfile)[0].AtMS <= at-100 {
		t.Errorf("%v", again.Wishes(box.FirstProfile))
	}
}

func TestListsAreBounded(t *testing.T) {
	d := newDisk()
	h := open(t, d)
	var many []box.Listed
	for i := range 1000 {
		many = append(many, box.Listed{TitleID: "demo:x" + strings.Repeat("y", i%200) + string(rune('a'+i/200)), Off: i%2 == 0, AtMS: int64(i)})
	}
	h.want("", h.MergeWishes(box.FirstProfile, nil, many))
	list := h.Wishes(box.FirstProfile)
	if len(list) != MaxWatchlist+maxOff || len(onList(list)) != MaxWatchlist || list[0].AtMS != 999 {
		t.Errorf("%d, %d on", len(list), len(onList(list)))
	}
}
