package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
)

const (
	slowID   = "mock:slow-water"
	brokenID = "mock:broken-reel"
	lateID   = "mock:not-yet"
	seriesID = "mock:harbour-lights"
)

// shop is the invented service.
type shop struct {
	empty  bool
	url    string // of the service whose pictures are shown; "" draws them
	rails  []offer.Rail
	titles []offer.Title
}

// films are names in English, German and Simplified Chinese, and a year.
func films() [][4]string {
	return [][4]string{
		{"The Lantern Coast", "Die Laternenküste", "灯影海岸", "2024"},
		{"A Quiet Kind of Thunder", "Eine leise Art von Donner", "静雷", "2023"},
		{"Paper Moons", "Papiermonde", "纸月亮", "2025"},
		{"The Last Tram to Ostend", "Die letzte Bahn nach Ostende", "末班电车", "2021"},
		{"Saltwater Letters", "Salzwasserbriefe", "海水书简", "2022"},
		{"Slow Water", "Langsames Wasser", "缓水", "2020"},
		{"Broken Reel", "Der gerissene Film", "断片", "2019"},
		{"Not Yet", "Noch nicht", "未到时", "2026"},
		{"The Cartographer's Daughter", "Die Tochter der Kartografin", "制图师的女儿", "2024"},
		{"North of the Orchard", "Nördlich des Obstgartens", "果园以北", "2023"},
		{"Midnight at the Observatory", "Mitternacht in der Sternwarte", "天文台的午夜", "2025"},
		{"Small Gods of the Market", "Die kleinen Götter des Marktes", "集市小神", "2022"},
		{"The Weather House", "Das Wetterhaus", "气象屋", "2018"},
		{"Nine Rivers", "Neun Flüsse", "九河", "2021"},
		{"An Island for Ada", "Eine Insel für Ada", "艾达的岛", "2024"},
		{"The Beekeeper's Year", "Das Jahr der Imkerin", "养蜂人的一年", "2023"},
		{"Copper Sky", "Kupferhimmel", "铜色天空", "2020"},
		{"Two Tickets to Luang Prabang", "Zwei Karten nach Luang Prabang", "去琅勃拉邦的两张票", "2025"},
		{"The Glass Violin", "Die gläserne Geige", "玻璃小提琴", "2022"},
		{"Winter Swimmers", "Winterschwimmer", "冬泳者", "2019"},
		{"The Night Gardener", "Der Nachtgärtner", "夜园丁", "2024"},
		{"Where the Cranes Rest", "Wo die Kraniche rasten", "鹤栖之地", "2023"},
		{"A Room with Two Moons", "Ein Zimmer mit zwei Monden", "双月之室", "2025"},
	}
}

func newShop(ctx context.Context, url string, empty bool) (*shop, error) {
	if url == "" {
		return inventedShop(empty), nil
	}
	s := &shop{url: strings.TrimSuffix(url, "/")}
	return s, s.read(ctx)
}

func inventedShop(empty bool) *shop {
	s := &shop{empty: empty}
	for i, f := range films() {
		s.titles = append(s.titles, film(i, f))
	}
	s.titles = append(s.titles, series(), channel())
	names := [][3]string{
		{"Tonight for everyone", "Heute Abend für alle", "今晚大家一起看"},
		{"Own productions", "Eigenproduktionen", "自制作品"},
		{"For the family", "Für die Familie", "阖家观看"},
		{"Documentaries", "Dokumentationen", "纪录片"},
		{"Series", "Serien", "剧集"},
	}
	for i, n := range names {
		r := offer.Rail{ID: fmt.Sprintf("rail%d", i), Name: offer.Text{"en": n[0], "de": n[1], "zh-Hans": n[2]}}
		for j := range s.titles {
			if i < 4 || j%3 == 2 {
				r.Titles = append(r.Titles, s.titles[(j*(2*i+1)+5*i)%len(s.titles)].ID)
			}
		}
		s.rails = append(s.rails, r)
	}
	return s
}

func film(i int, f [4]string) offer.Title {
	id := "mock:" + strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(f[0]), " ", "-"), "'", "")
	t := offer.Title{
		ID: id, Kind: offer.Film, Name: offer.Text{"en": f[0], "de": f[1], "zh-Hans": f[2]},
		Year: 2000 + int(f[3][2]-'0')*10 + int(f[3][3]-'0'), DurationMS: int64(82+i*3) * 60_000,
		Synopsis: offer.Text{
			"en": "When the last ferry of the season is cancelled, a lighthouse keeper and a stranded radio reporter have one stormy night to find out who has been answering the old distress channel.",
			"de": "Als die letzte Fähre der Saison ausfällt, bleibt einer Leuchtturmwärterin und einem gestrandeten Radioreporter eine stürmische Nacht, um herauszufinden, wer auf dem alten Notrufkanal antwortet.",
		},
		Genres: []string{"drama", "mystery"}, Production: offer.Own, Countries: []string{"DE", "CN"},
		Ratings: []offer.Rating{{System: "FSK", Label: "FSK 6", MinAge: 6}, {System: "BBFC", Label: "PG", MinAge: 8}},
		Audio:   []string{"en", "de", "zh-Hans"}, Subtitles: []string{"en", "zh-Hans", "th"},
		Cast: []string{"Mara Lindqvist", "Jonas Adeyemi", "Li Wenhua", "Siti Rahmawati"}, AIPerformers: i%7 == 2,
		Poster: "/art/" + id + "/poster", Backdrop: "/art/" + id + "/backdrop",
	}
	t.Terms = [][]offer.Terms{
		{{Kind: offer.Subscription}},
		{{Kind: offer.Rent, PriceMin: 399, Currency: "EUR"}},
		{{Kind: offer.Free}},
		{{Kind: offer.Buy, PriceMin: 1299, Currency: "EUR"}},
	}[i%4]
	return t
}

func series() offer.Title {
	t := film(24, [4]string{"Harbour Lights", "Hafenlichter", "港灯", "2025"})
	t.ID, t.Kind, t.DurationMS = seriesID, offer.Series, 0
	for n := range 3 {
		season := offer.Season{Number: n + 1}
		for e := range 8 {
			season.Episodes = append(season.Episodes, episode(t, n+1, e+1))
		}
		t.Seasons = append(t.Seasons, season)
	}
	return t
}

func episode(series offer.Title, season, number int) offer.Title {
	e := series
	e.ID = fmt.Sprintf("%s-s%de%d", seriesID, season, number)
	e.Kind, e.SeriesID, e.Season, e.Number = offer.Episode, series.ID, season, number
	e.Name = offer.Text{"en": fmt.Sprintf("The Keeper's Log, Night %d", number), "de": fmt.Sprintf("Logbuch, Nacht %d", number)}
	e.DurationMS, e.Seasons = 60_000, nil
	return e
}

func channel() offer.Title {
	t := film(25, [4]string{"Usher Live", "Usher Live", "直播频道", "2026"})
	t.Kind, t.DurationMS, t.Terms = offer.Live, 0, []offer.Terms{{Kind: offer.Free}}
	return t
}

func (s *shop) Services() []box.Service {
	if s.empty {
		return []box.Service{{ID: "mock", Name: "Mock Pictures", Problem: &box.Problem{
			Code: "service_unreachable", Text: "The service cannot be reached.", Hint: "Check the network; it is tried again by itself.",
		}}}
	}
	return []box.Service{{ID: "mock", Name: "Mock Pictures", Reachable: true, Revision: "1", Titles: len(s.titles)}}
}

func (s *shop) Catalogue(context.Context, string) (offer.Catalogue, error) {
	if s.empty {
		return offer.Catalogue{}, s.Services()[0].Problem
	}
	return offer.Catalogue{Revision: "1", Rails: s.rails, Titles: s.titles}, nil
}

func (s *shop) find(id string) (offer.Title, bool) {
	for _, t := range s.titles {
		if t.ID == id {
			return t, true
		}
		for _, season := range t.Seasons {
			for _, e := range season.Episodes {
				if e.ID == id {
					return e, true
				}
			}
		}
	}
	return offer.Title{}, false
}

func (s *shop) Title(_ context.Context, id string) (offer.Title, error) {
	t, ok := s.find(id)
	if !ok {
		return t, &box.Problem{Code: "not_found", Text: "This title is no longer there.", Hint: "Choose another title."}
	}
	return t, nil
}

func (s *shop) Search(_ context.Context, query, _ string, limit int) ([]offer.Title, error) {
	var found []offer.Title
	for _, t := range s.titles {
		for _, name := range t.Name {
			if strings.Contains(strings.ToLower(name), strings.ToLower(query)) && len(found) < limit {
				found = append(found, t)
				break
			}
		}
	}
	return found, nil
}

func (s *shop) resolve(fx box.ResolvePlayback) box.Event {
	t, ok := s.find(fx.TitleID)
	if t.Kind == offer.Series {
		t = t.Seasons[0].Episodes[0]
	}
	if !ok || t.ID == lateID {
		return box.Refused{Session: fx.Session, Problem: box.Problem{Code: "window", Text: "This title cannot be watched at this time.", Hint: "Choose another title."}}
	}
	r := box.Resolved{Session: fx.Session, Title: t, Playback: offer.Playback{ID: "1", TitleID: t.ID, Live: t.Kind == offer.Live}}
	if t.SeriesID != "" {
		of, _ := s.find(t.SeriesID)
		r.Series, r.Next = &of, after(of, t)
	}
	return r
}

// after is the episode that follows e in its season.
func after(series, e offer.Title) *offer.Title {
	for _, season := range series.Seasons {
		if season.Number == e.Season && e.Number < len(season.Episodes) {
			return &season.Episodes[e.Number]
		}
	}
	return nil
}

func (s *shop) progress() map[string]box.Progress {
	now := time.Now().UnixMilli()
	if s.empty || s.url != "" {
		return map[string]box.Progress{}
	}
	return map[string]box.Progress{
		s.titles[0].ID:     {PositionMS: 2_400_000, DurationMS: s.titles[0].DurationMS, UpdatedMS: now},
		seriesID + "-s1e2": {PositionMS: 30_000, DurationMS: 60_000, UpdatedMS: now - 1000},
		seriesID + "-s1e1": {PositionMS: 60_000, DurationMS: 60_000, Finished: true, UpdatedMS: now - 2000},
		s.titles[10].ID:    {PositionMS: 600_000, DurationMS: s.titles[10].DurationMS, UpdatedMS: now - 3000},
	}
}

// Art draws hills under a moon, in colours of the title's own.
func (s *shop) Art(ctx context.Context, id, kind string) ([]byte, string, error) {
	t, ok := s.find(id)
	if !ok {
		return nil, "", &box.Problem{Code: "not_found", Text: "There is no such picture.", Hint: "Choose another title."}
	}
	if s.url != "" {
		return s.fetch(ctx, "/art/"+strings.TrimPrefix(id, "mock:")+"/"+kind+".svg")
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.ID))
	hue, at := h.Sum32()%360, h.Sum32()/7%40
	w, ht, text := 1600, 900, ""
	if kind == "poster" {
		w, ht = 400, 600
		text = fmt.Sprintf(`<text x="28" y="90" font-family="Figtree,sans-serif" font-weight="700" font-size="34" fill="#fff">%s</text>`, t.Name.In("en"))
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="hsl(%[3]d 45%% 22%%)"/><stop offset="1" stop-color="hsl(%[4]d 60%% 58%%)"/></linearGradient></defs><rect width="%[1]d" height="%[2]d" fill="url(#s)"/><circle cx="%[5]d" cy="%[6]d" r="%[7]d" fill="hsl(%[4]d 80%% 82%%)"/><path d="M0 %[8]d Q%[9]d %[6]d %[10]d %[8]d T%[1]d %[8]d V%[2]dH0z" fill="hsl(%[3]d 40%% 26%%)"/><path d="M0 %[11]d Q%[9]d %[8]d %[10]d %[11]d T%[1]d %[11]d V%[2]dH0z" fill="hsl(%[3]d 45%% 14%%)"/>%[12]s</svg>`,
		w, ht, hue, (hue+40)%360, w*(55+int(at))/100, ht/3, ht/9, ht*6/10, w/4, w/2, ht*3/4, text)
	return []byte(svg), "image/svg+xml", nil
}

// Knows says whether a title is there.
func (s *shop) Knows(id string) bool {
	_, err := s.Title(context.Background(), id)
	return err == nil
}
