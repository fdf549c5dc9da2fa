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
	NoGetAll    bool       // GetAll is an unknown method
	Mute        bool       // never sends PropertiesChanged
	Hung        bool       // answers nothing
}

// StaleTrack says what a wrong track id in SetPosition does.
type StaleTrack uint8

// The ways to treat a wrong track id.
const (
	StaleIgnored  StaleTrack = iota // as the specification says
	StaleHonoured                   // seeks all the same (Clapper, mpv-mpris 0.7.1)
	StaleError                      // an error (VLC)
)
