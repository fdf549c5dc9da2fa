package office

import (
	"encoding/csv"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/internal/offer"
)

func read[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %.200s", err, w.Body)
	}
	return v
}

// TestPagesAreTheCatalogue: page by page it is what is answered at once.
func TestPagesAreTheCatalogue(t *testing.T) {
	house := newOffice(t, Options{Titles: 137})
	whole := read[catalogue](t, ask(house, "GET", "/v1/catalogue", ""))
	pages := catalogue{}
	for next, n := "", 0; n == 0 || next != ""; n++ {
		page := read[catalogue](t, ask(house, "GET", "/v1/catalogue?limit=25&cursor="+next, ""))
		if (n > 0) == (len(page.Rails) > 0) || page.Revision != whole.Revision || len(page.Titles) > 25 || n > 10 {
			t.Fatalf("page %d: %d rails, %d titles", n, len(page.Rails), len(page.Titles))
		}
		pages.Revision, pages.Rails = page.Revision, append(pages.Rails, page.Rails...)
		pages.Titles = append(pages.Titles, page.Titles...)
		next = page.Next
	}
	if d := cmp.Diff(whole, pages); d != "" {
		t.Errorf("-whole +pages:\n%s", d)
	}
}

// TestMadeUpTitles are as good as the others, the same each time, and fit what
// a box reads.
func TestMadeUpTitles(t *testing.T) {
	c := readContract(t)
	house := newOffice(t, Options{Titles: 2000, OpenHouse: true})
	first := ask(house, "GET", "/v1/catalogue", "")
	if five := 5 * first.Body.Len(); five > 16<<20 {
		t.Errorf("a box reads 16 MiB, and five times as many are %d bytes", five)
	}
	got := read[catalogue](t, first)
	free := slices.DeleteFunc(slices.Clone(got.Titles), func(t offer.Title) bool { return t.Terms[0].Kind != offer.Free })
	if len(got.Titles) < 1990 || len(free) < 140 || len(free) > 260 {
		t.Errorf("%d titles, %d free", len(got.Titles), len(free))
	}
	for _, title := range got.Titles[1900:1910] {
		raw, _ := json.Marshal(title)
		if err := c.judge(t, "Title", string(raw)); err != nil {
			t.Error(err)
		}
		if w := ask(house, "POST", "/v1/playback", `{"titleId":"`+title.ID+`"}`); w.Code != 200 {
			t.Errorf("%s: %d", title.ID, w.Code)
		}
		if w := ask(house, "GET", title.Poster, ""); w.Code != 200 {
			t.Errorf("%s: %d", title.Poster, w.Code)
		}
	}
	if one, two := newOffice(t, Options{Titles: 200}), newOffice(t, Options{Titles: 200}); ask(one, "GET", "/v1/catalogue", "").Header().Get("ETag") != ask(two, "GET", "/v1/catalogue", "").Header().Get("ETag") {
		t.Error("another run has another catalogue")
	}
}

func BenchmarkCatalogue(b *testing.B) {
	house, err := New(Options{Titles: 10_000, Streams: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w := ask(house, "GET", "/v1/catalogue", "", "Accept-Encoding", "gzip")
		b.SetBytes(int64(w.Body.Len()))
	}
}

func TestSchemaOrg(t *testing.T) {
	feed := read[struct {
		Type     string `json:"@type"`
		Elements []struct {
			Type            string `json:"@type"`
			ID              string `json:"@id"`
			TitleEIDR       string
			PotentialAction []struct {
				Type   string                    `json:"@type"`
				Access struct{ Category string } `json:"actionAccessibilityRequirement"`
			}
		} `json:"dataFeedElement"`
	}](t, ask(newOffice(t, Options{}), "GET", "/v1/exports/schema.org", ""))
	if feed.Type != "DataFeed" || len(feed.Elements) < 30 {
		t.Fatalf("%s with %d elements", feed.Type, len(feed.Elements))
	}
	for _, e := range feed.Elements {
		if e.Type == "" || !strings.HasPrefix(e.ID, "http://example.com/v1/titles/") || len(e.PotentialAction) == 0 || e.PotentialAction[0].Access.Category == "" {
			t.Errorf("%+v", e)
		}
	}
}

func TestAvails(t *testing.T) {
	rows, err := csv.NewReader(ask(newOffice(t, Options{}), "GET", "/v1/exports/avails?country=TH", "").Body).ReadAll()
	if err != nil || len(rows) < 30 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	i := slices.IndexFunc(rows, func(r []string) bool { return column(r, "TitleInternalAlias") == "glass-harbour" })
	if r := rows[i]; column(r, "LicenseType") != "VOD" || column(r, "PriceValue") != "79.00" || column(r, "PriceCurrency") != "THB" || column(r, "WatchDuration") != "PT48H" {
		t.Errorf("%q", r)
	}
}

// TestEIDR checks the check character with an identifier that is not ours.
func TestEIDR(t *testing.T) {
	if got := checkCharacter("A12425GABC1234002"); got != 'M' { // a GRid, which uses the same
		t.Errorf("%c", got)
	}
	seen := map[string]bool{}
	for _, r := range openLibrary(t).all() {
		if id := r.eidr(); id != "" && seen[id] {
			t.Errorf("%s is used twice", id)
		} else {
			seen[id] = true
		}
	}
}

func TestExtrasBelongToTitles(t *testing.T) {
	l := openLibrary(t)
	for id, e := range l.extras {
		r, ok := l.byID[id]
		if !ok || e.Director == "" || e.Writer == "" || (e.Generated != "") != (len(r.AINote) > 0) {
			t.Errorf("%s: %+v", id, e)
		}
	}
	adults := 0
	for _, r := range l.all() {
		if r.Rating == "eighteen" {
			adults++
		}
		if r.Kind != offer.Live && r.extra == (extra{}) {
			t.Errorf("%s has no crew", r.ID)
		}
	}
	if adults == 0 {
		t.Error("nothing is for adults only, so that profiles could not be shown")
	}
}
