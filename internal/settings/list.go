package settings

import "slices"

// Setting is one thing that can be chosen.
type Setting struct {
	Name    string
	Values  []string // in the order in which they are shown
	Default string   // without a word in the configuration
}

func (s Setting) allows(v string) bool { return slices.Contains(s.Values, v) }

// The names of the settings that the daemon acts on itself.
const (
	Language      = "language"       // of the page and of its voice; "" not chosen yet, "auto" the browser's
	SubtitleSize  = "subtitle.size"  // percent
	SubtitleColor = "subtitle.color" // of the letters
	SubtitleSolid = "subtitle.solid" // opacity of the letters, percent
	SubtitlePlate = "subtitle.plate" // behind the letters: colour
	SubtitleDense = "subtitle.dense" // opacity of the plate, percent
	SubtitleEdge  = "subtitle.edge"
	SubtitleFont  = "subtitle.font"
	SubtitleSDR   = "subtitle.sdr" // brightness over a picture of standard range, percent
	SubtitleHDR   = "subtitle.hdr" // the same over one of high range
	Height        = "picture.height"
	TVWake        = "tv.wake"
	TVSleep       = "tv.sleep"
	TVFollow      = "tv.follow"
	Idle          = "power.idle" // minutes; 0 never
	Metered       = "network.metered"
	Ahead         = "network.ahead" // what may be played next is fetched
	Speech        = "speech"
	SpeechRate    = "speech.rate" // words a minute
)

// List is every setting. What is chosen here does something: the page looks
// after the first ones, the daemon after those with a constant. The colours,
// sizes and edges of subtitles are those that 47 CFR 79.103(c) asks for, as far
// as players can draw them; brightness for HDR is apart, because white letters
// are several times as bright there.
func List() []Setting {
	colors := []string{"white", "yellow", "green", "cyan", "blue", "magenta", "red", "black"}
	percent := []string{"100", "80", "60", "40"}
	onOff := []string{"on", "off"}
	yesNo := []string{"yes", "no"}
	return []Setting{
		{Language, []string{"", "auto", "zh-Hans", "en", "de", "id", "th"}, ""},
		{"text.size", []string{"normal", "large", "largest"}, "normal"},
		{"contrast", []string{"normal", "high"}, "normal"},
		{"motion", []string{"full", "reduced"}, "full"},
		{"screensaver", []string{"2", "5", "10", "20"}, "5"},
		{"next", onOff, "on"},
		{SubtitleSize, []string{"50", "75", "100", "125", "150", "200"}, "100"},
		{SubtitleColor, colors, "white"},
		{SubtitleSolid, []string{"100", "75", "50", "25"}, "100"},
		{SubtitlePlate, []string{"black", "white", "red", "green", "blue", "yellow", "magenta", "cyan"}, "black"},
		{SubtitleDense, []string{"0", "25", "50", "75", "100"}, "0"},
		{SubtitleEdge, []string{"outline", "shadow", "raised", "depressed", "none"}, "outline"},
		{SubtitleFont, []string{"sans", "serif", "mono", "mono-serif", "casual", "cursive"}, "sans"},
		{SubtitleSDR, percent, "100"},
		{SubtitleHDR, percent, "60"},
		{Height, []string{"2160", "1080", "720", "480"}, "1080"},
		{TVWake, []string{"key", "play", "never"}, "key"},
		{TVSleep, []string{"shown", "always", "never"}, "shown"},
		{TVFollow, yesNo, "yes"},
		{Idle, []string{"0", "30", "60", "120", "240", "480"}, "240"},
		{Metered, []string{"auto", "yes", "no"}, "auto"},
		{Ahead, onOff, "on"},
		{Speech, onOff, "off"},
		{SpeechRate, []string{"120", "175", "230", "300"}, "175"},
	}
}
