package office

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"usher/cmd/boxoffice/phone"
	"usher/cmd/boxoffice/poster"
	"usher/internal/offer"
)

// word is a word of a made-up name, in all languages.
type word [5]string

// makeUp adds titles until there are as many as wanted. They are the same in
// every run, and play the streams there are.
func (l *library) makeUp(want int) {
	have := len(l.Titles)
	if want <= have {
		return
	}
	r := rand.New(rand.NewPCG(7, uint64(want))) // not for secrets: the same titles each time
	// One slice from the start: byID points into it.
	l.Titles = append(make([]record, 0, want), l.Titles...)
	rails := makeUpRails()
	for i := have; i < want; i++ {
		l.Titles = append(l.Titles, makeUpTitle(r, i))
		rail := &rails[i%len(rails)]
		rail.Titles = append(rail.Titles, l.Titles[i].ID)
	}
	l.Rails = append(l.Rails, rails...)
	l.byID = map[string]*record{}
	_ = l.index() // ids that are numbered are not used twice
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// makeUpTitle is one film; about a tenth of them are free.
func makeUpTitle(r *rand.Rand, n int) record {
	what, of := pick(r, makeUpNouns()), pick(r, makeUpPlaces())
	number := strconv.Itoa(n)
	genre := pick(r, makeUpGenres())
	t := record{
		ID: "made-up-" + number, Kind: offer.Film, OriginalLanguage: pick(r, phone.Languages()),
		Name: offer.Text{
			"zh-Hans": of[0] + what[0] + " " + number, "en": "The " + what[1] + " of " + of[1] + " " + number, "de": what[2] + " aus " + of[2] + " " + number,
			"id": what[3] + " " + of[3] + " " + number, "th": what[4] + of[4] + " " + number,
		},
		Synopsis: offer.Text{
			"zh-Hans": "第 " + number + " 部虚构影片。", "en": "Made up, number " + number + ".", "de": "Erfunden, Nummer " + number + ".",
			"id": "Rekaan nomor " + number + ".", "th": "เรื่องสมมติหมายเลข " + number,
		},
		Year: 1960 + r.IntN(66), Genres: []string{genre}, Production: pick(r, []offer.Production{offer.Own, offer.Licensed, offer.CoProduction}),
		Countries: []string{pick(r, strings.Fields("CN DE GB ID TH US"))}, Territories: "wide",
		Prices: pick(r, strings.Fields("free subscription subscription subscription subscription subscription rent rent-or-buy buy subscription-or-buy")),
		Rating: pick(r, strings.Fields("all all six six twelve twelve sixteen eighteen")), Stream: pick(r, strings.Fields("ladder carpet single")),
		Cast: []string{pick(r, makeUpPeople()), pick(r, makeUpPeople())},
		Art:  artwork{Motif: string(pick(r, poster.Motifs())), Palette: string(pick(r, poster.Palettes()))},
	}
	return t
}

// makeUpRails are one for each decade's worth of numbers; how many titles each
// has follows from how many there are.
func makeUpRails() (rails []offer.Rail) {
	for i := range 20 {
		n := strconv.Itoa(i + 1)
		rails = append(rails, offer.Rail{ID: "made-up-" + n, Name: offer.Text{
			"zh-Hans": "虚构影片 " + n, "en": "Made up " + n, "de": "Erfunden " + n, "id": "Rekaan " + n, "th": "เรื่องสมมติ " + n,
		}})
	}
	return rails
}

func makeUpGenres() []string {
	return []string{"drama", "comedy", "family", "thriller", "mystery", "adventure", "romance", "science fiction", "documentary", "music"}
}

func makeUpPeople() (all []string) {
	for _, first := range strings.Fields("Ada Bela Chen Dian Emre Fay Goran Hana Ines Jun Kofi Lin Mara Niran Olu Pia Qin Rosa Sari Tom") {
		for _, last := range strings.Fields("Albrecht Bao Chaiyo Duarte Eko Falk Gong Hartono Ito Jensen") {
			all = append(all, first+" "+last)
		}
	}
	return all
}

func makeUpNouns() []word {
	return []word{
		{"灯", "Lamp", "Die Lampe", "Lampu", "โคม"},
		{"船长", "Captain", "Der Kapitän", "Kapten", "กัปตัน"},
		{"信", "Letter", "Der Brief", "Surat", "จดหมาย"},
		{"钟", "Clock", "Die Uhr", "Jam", "นาฬิกา"},
		{"邻居", "Neighbour", "Der Nachbar", "Tetangga", "เพื่อนบ้าน"},
		{"秘密", "Secret", "Das Geheimnis", "Rahasia", "ความลับ"},
		{"歌", "Song", "Das Lied", "Lagu", "บทเพลง"},
		{"风", "Wind", "Der Wind", "Angin", "สายลม"},
		{"医生", "Doctor", "Die Ärztin", "Dokter", "หมอ"},
		{"花园", "Garden", "Der Garten", "Kebun", "สวน"},
	}
}

func makeUpPlaces() []word {
	return []word{
		{"北岸", "the North Shore", "Nordufer", "Pantai Utara", "ฝั่งเหนือ"},
		{"旧城", "the Old Town", "der Altstadt", "Kota Tua", "เมืองเก่า"},
		{"月台", "Platform Two", "Gleis zwei", "Peron Dua", "ชานชาลาสอง"},
		{"山谷", "the Valley", "dem Tal", "Lembah", "หุบเขา"},
		{"灯塔", "the Lighthouse", "dem Leuchtturm", "Mercusuar", "ประภาคาร"},
		{"河口", "the Estuary", "der Mündung", "Muara", "ปากน้ำ"},
		{"雪原", "the Snowfield", "dem Schneefeld", "Padang Salju", "ทุ่งหิมะ"},
		{"集市", "the Market", "dem Markt", "Pasar", "ตลาด"},
	}
}
