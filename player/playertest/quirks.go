package playertest

// Quirks are ways in which real players differ from the specification. The
// zero value keeps it.
type Quirks struct {
	StaleTrack  StaleTrack // SetPosition with a track id that is not the present one
	NoSeeked    bool       // never sends Seeked (Clapper)
	SeekedStorm bool       // sends Seeked with every position that is read (VLC)
	DeafSetPos  bool       // ignores SetPosition
	DeafSeek    bool       // ignores Seek
	HoldsPause  bool       // OpenUri keeps the pause (mpv)
	StoppedLies bool       // says Stopped while playing (mpv-mpris 0.7.1)
	Narrow      bool       // Position and length are int32, Rate is a byte (Chromium)
	NoTrack     bool       // metadata has no track id
	TextTrack   bool       // the track id is a string, and no object path (Spotify)
	Nonsense    bool       // every property has a type of another kind: text for numbers, numbers for text
	NoGetAll    bool       // GetAll is an unknown method
	Mute        bool       // never sends PropertiesChanged
	Hung        bool       // answers nothing
	LateTitle   bool       // metadata is the title's before for 300 ms
	SameTrack   bool       // the same track id for every title (mpv-mpris)
	Echo        bool       // sends every signal twice (Spotify)
	Storm       bool       // sends five PropertiesChanged with every reading (mpd-mpris#16)
	JumpsBack   bool       // every seventh Position that is read is 2 s too early
	NoLength    bool       // says that the length is 0
	MadLength   bool       // says that the length is 146,000 years
	RateZero    bool       // says Rate 0 while it waits for the stream (Jellyfin)
	Slow        bool       // takes 200 ms for every answer
	DiesOnStop  bool       // Stop ends the process (mpv without --idle)
	DiesOnOpen  bool       // the process dies in the middle of OpenUri
}

// StaleTrack says what a wrong track id in SetPosition does.
type StaleTrack uint8

// The ways to treat a wrong track id.
const (
	StaleIgnored  StaleTrack = iota // as the specification says
	StaleHonoured                   // seeks all the same (Clapper, mpv-mpris 0.7.1)
	StaleError                      // an error (VLC)
	StaleSwitch                     // goes back to the title before, and seeks there (Celluloid)
)
