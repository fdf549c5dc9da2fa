package vlc

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"usher/player"
)

// status is the part of status.json that matters.
type status struct {
	State         string  `json:"state"` // playing, paused or stopped
	AudioDelay    float64 `json:"audiodelay"`
	SubtitleDelay float64 `json:"subtitledelay"`
	Information   struct {
		Category category `json:"category"`
	} `json:"information"`
}

// category holds one table for each elementary stream, named "Stream N", and
// one named "meta" for the file. VLC writes [] where it has none.
type category map[string]json.RawMessage

// UnmarshalJSON takes anything that is no object for nothing.
func (c *category) UnmarshalJSON(b []byte) error {
	all := map[string]json.RawMessage{}
	if json.Unmarshal(b, &all) != nil {
		all = nil
	}
	*c = all
	return nil
}

// stream is one elementary stream, in VLC's words, which are English because
// usherd starts VLC without a language.
type stream struct {
	number   int
	Type     string `json:"Type"` // Audio, Video or Subtitle
	Language string `json:"Language"`
	Title    string `json:"Description"`
	Codec    string `json:"Codec"`
	Channels string `json:"Channels"` // "Stereo", "3F2R/LFE"
	Decoded  string `json:"Decoded_format"`
	Size     string `json:"Video_resolution"` // "1280x720"
}

// maxStreams bounds the streams that are looked at.
const maxStreams = 256

// streams lists the elementary streams by number.
func (s status) streams() []stream {
	var out []stream
	for name, raw := range s.Information.Category {
		text, is := strings.CutPrefix(name, "Stream ")
		n, err := strconv.Atoi(text)
		e := stream{}
		if !is || err != nil || n < 0 || n >= 1<<20 || len(out) == maxStreams || json.Unmarshal(raw, &e) != nil {
			continue
		}
		e.number = n
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b stream) int { return cmp.Compare(a.number, b.number) })
	return out
}

// track is the stream as a track: VLC counts streams from 0, tracks count
// from 1.
func (e stream) track(kind player.TrackKind) player.Track {
	return player.Track{Kind: kind, ID: e.number + 1, Language: code(e.Language), Title: clean(e.Title), Codec: clean(e.Codec), Selected: e.Decoded != ""}
}

// clean is text of the stream, short and valid.
func clean(s string) string {
	const most = 200
	s = strings.ToValidUTF8(s, "\uFFFD")
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// code is the language that VLC names in English, as BCP 47 where it is one of
// those that films are made in; else as VLC says it.
func code(name string) string {
	codes := map[string]string{
		"Arabic": "ar", "Bengali": "bn", "Chinese": "zh", "Czech": "cs", "Danish": "da", "Dutch": "nl", "English": "en", "Finnish": "fi",
		"French": "fr", "German": "de", "Greek, Modern": "el", "Greek, Modern ()": "el", "Hebrew": "he", "Hindi": "hi", "Hungarian": "hu", "Indonesian": "id",
		"Italian": "it", "Japanese": "ja", "Korean": "ko", "Malay": "ms", "Norwegian": "no", "Persian": "fa", "Polish": "pl",
		"Portuguese": "pt", "Romanian": "ro", "Russian": "ru", "Spanish": "es", "Spanish; Castilian": "es", "Swedish": "sv", "Tagalog": "tl",
		"Tamil": "ta", "Telugu": "te", "Thai": "th", "Turkish": "tr", "Ukrainian": "uk", "Urdu": "ur", "Vietnamese": "vi",
	}
	if c := codes[name]; c != "" {
		return c
	}
	return clean(name)
}

// size reads "1280x720".
func size(s string) (width, height int) {
	w, h, _ := strings.Cut(s, "x")
	width, err1 := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if err1 != nil || err2 != nil || width < 1 || height < 1 || width > 1<<15 || height > 1<<15 {
		return 0, 0
	}
	return width, height
}

// span is VLC's seconds; what is no delay is none.
func span(seconds float64) time.Duration {
	if !(seconds >= -3600 && seconds <= 3600) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}
