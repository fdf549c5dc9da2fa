package vlc_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usher/player"
	"usher/player/vlc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is VLC's web interface with a fixed status. It notes what it is asked.
type desk struct {
	status string
	code   int
	asked  []url.Values
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, password, _ := r.BasicAuth(); password != "secret" || r.URL.Path != "/requests/status.json" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.URL.RawQuery != "" {
		d.asked = append(d.asked, r.URL.Query())
	}
	if d.code != 0 {
		w.WriteHeader(d.code)
	}
	_, _ = w.Write([]byte(d.status))
}

func open(t *testing.T, d *desk) *vlc.Web {
	t.Helper()
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return vlc.New(func() (string, string) { return strings.TrimPrefix(s.URL, "http://"), "secret" })
}

func film() player.Media {
	return player.Media{
		URL: "http://127.0.0.1:1/a b+c.m3u8", Start: 90 * time.Second, Audio: []string{"de", "en"}, Subtitle: []string{"zh"},
		Captions: []player.Captions{{URL: "http://127.0.0.1:1/en.vtt", Language: "en", Name: "English"}, {URL: "http://127.0.0.1:1/zh.vtt", Language: "zh-Hans", Name: "中文"}},
	}
}

// status is what VLC 3.0.24 says of such a film, shortened.
func status(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/status.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOpenNamesFilesLanguagesAndStart(t *testing.T) {
	d := &desk{status: "{}"}
	if err := open(t, d).Open(t.Context(), film()); err != nil {
		t.Fatal(err)
	}
	want := []url.Values{
		{"command": {"pl_empty"}},
		{"command": {"in_play"}, "input": {"http://127.0.0.1:1/a b+c.m3u8"}, "option": {
			":sub-track=1", ":start-time=90.000", ":input-slave=http://127.0.0.1:1/en.vtt#http://127.0.0.1:1/zh.vtt", ":audio-language=de,en",
		}},
	}
	if diff := cmp.Diff(want, d.asked); diff != "" {
		t.Error(diff)
	}
}

func TestSubtitlesNobodyAskedForStayAway(t *testing.T) {
	d, m := &desk{status: "{}"}, film()
	m.Subtitle, m.Live = nil, true
	if err := open(t, d).Open(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := d.asked[1]["option"]; got[0] != ":sub-track=9999" || strings.Contains(strings.Join(got, " "), "start-time") {
		t.Errorf("options %v", got)
	}
}

func TestTracksOfARealStatus(t *testing.T) {
	d := &desk{status: "{}"}
	w := open(t, d)
	if err := w.Open(t.Context(), film()); err != nil {
		t.Fatal(err)
	}
	d.status = status(t)
	got, err := w.Tracks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	audio := []player.Track{
		{Kind: player.AudioTrack, ID: 4, Language: "de", Title: "aac Deutsch", Codec: "MPEG AAC Audio (mp4a)"},
		{Kind: player.AudioTrack, ID: 11, Language: "en", Title: "aac English", Codec: "MPEG AAC Audio (mp4a)", Selected: true},
	}
	words := []player.Track{
		{Kind: player.SubtitleTrack, ID: 1, Language: "en", Title: "English", Codec: "WEBVTT subtitles (wvtt)", External: true},
		{Kind: player.SubtitleTrack, ID: 2, Language: "zh-Hans", Title: "中文", Codec: "WEBVTT subtitles (wvtt)", External: true, Selected: true},
	}
	if diff := cmp.Diff(audio, got.Audio); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(words, got.Subtitles); diff != "" {
		t.Error(diff)
	}
	if got.AudioDelay != -250*time.Millisecond || got.Picture.Width != 1280 || !got.Can.Delay || got.Can.HDR {
		t.Errorf("tracks %+v", got)
	}
}

func TestChooseNamesTheStream(t *testing.T) {
	d := &desk{status: status(t)}
	w := open(t, d)
	for _, c := range []struct {
		kind player.TrackKind
		id   int
		want url.Values
	}{
		{player.AudioTrack, 4, url.Values{"command": {"audio_track"}, "val": {"3"}}},
		{player.AudioTrack, 11, nil}, // it is on
		{player.SubtitleTrack, 2, url.Values{"command": {"subtitle_track"}, "val": {"1"}}},
		{player.SubtitleTrack, 0, url.Values{"command": {"subtitle_track"}, "val": {"-1"}}},
	} {
		d.asked = nil
		if err := w.Choose(t.Context(), c.kind, c.id); err != nil {
			t.Fatal(err)
		}
		if (c.want == nil) != (len(d.asked) == 0) || c.want != nil && !cmp.Equal(c.want, d.asked[0]) {
			t.Errorf("track %d of kind %d: asked %v", c.id, c.kind, d.asked)
		}
		list, err := w.Tracks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list.Subtitles {
			if c.kind == player.SubtitleTrack && s.Selected != (s.ID == c.id) {
				t.Errorf("after %d: %+v", c.id, s)
			}
		}
	}
	for _, id := range []int{0, 5, -1} {
		if err := w.Choose(t.Context(), player.AudioTrack, id); !errors.Is(err, player.ErrAbsent) {
			t.Errorf("sound %d: %v", id, err)
		}
	}
}

func TestDelayAndShape(t *testing.T) {
	d := &desk{status: "{}"}
	w := open(t, d)
	err := errors.Join(
		w.Delay(t.Context(), player.AudioTrack, -250*time.Millisecond),
		w.Delay(t.Context(), player.SubtitleTrack, time.Minute),
		w.Shape(t.Context(), player.Geometry{Aspect: 1.85}),
		w.Shape(t.Context(), player.Geometry{}))
	want := []url.Values{
		{"command": {"audiodelay"}, "val": {"-0.250"}},
		{"command": {"subdelay"}, "val": {"10.000"}},
		{"command": {"aspectratio"}, "val": {"1850:1000"}},
		{"command": {"aspectratio"}, "val": {"default"}},
	}
	if diff := cmp.Diff(want, d.asked); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if err := w.Shape(t.Context(), player.Geometry{Fill: 1}); !errors.Is(err, player.ErrAbsent) {
		t.Errorf("fill: %v", err)
	}
	if err := w.Delay(t.Context(), 0, 0); !errors.Is(err, player.ErrAbsent) {
		t.Errorf("delay of nothing: %v", err)
	}
}

func TestTroubleIsAnErrorWithoutAddress(t *testing.T) {
	for name, d := range map[string]*desk{
		"no JSON": {status: "<html>"}, "refused": {code: 500}, "another type": {status: `{"state":7}`}, "endless": {status: strings.Repeat(" ", 2<<20)},
	} {
		if _, err := open(t, d).Tracks(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	gone := vlc.New(func() (string, string) { return "127.0.0.1:1", "secret" })
	if err := gone.Open(t.Context(), film()); err == nil || strings.Contains(err.Error(), "m3u8") || strings.Contains(err.Error(), "secret") {
		t.Errorf("without VLC: %v", err)
	}
	if _, err := vlc.New(func() (string, string) { return "", "" }).Tracks(t.Context()); err == nil {
		t.Error("a VLC that does not run answers")
	}
}

// TestOpenWaitsForTheWebInterface: a VLC is on D-Bus before it listens.
func TestOpenWaitsForTheWebInterface(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	asked := make(chan struct{}, 64)
	w := vlc.New(func() (string, string) { asked <- struct{}{}; return address, "secret" })
	ended := make(chan error, 1)
	go func() { ended <- w.Open(t.Context(), film()) }()
	<-asked
	<-asked // refused once
	if l, err = net.Listen("tcp", address); err != nil {
		t.Skipf("SKIP: another process took the port: %v", err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: &desk{status: "{}"}}}
	s.Start()
	defer s.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func FuzzStatus(f *testing.F) {
	for _, s := range []string{"{}", `{"information":{"category":[]}}`, `{"information":{"category":{"Stream -1":{},"Stream 1":{"Type":"Subtitle"},"Stream 9999999999":{}}},"audiodelay":1e300}`} {
		f.Add(s)
	}
	b, err := os.ReadFile("testdata/status.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	d := &desk{status: "{}"}
	s := httptest.NewServer(d)
	f.Cleanup(s.Close)
	w := vlc.New(func() (string, string) { return strings.TrimPrefix(s.URL, "http://"), "secret" })
	if err := w.Open(f.Context(), film()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status string) {
		d.status = status
		list, err := w.Tracks(t.Context())
		if err != nil {
			return
		}
		if list.AudioDelay.Abs() > time.Hour || list.Picture.Width < 0 || len(list.Audio)+len(list.Subtitles) > 256 {
			t.Fatalf("%+v", list)
		}
		for _, track := range append(list.Audio, list.Subtitles...) {
			if track.ID < 1 || len(track.Title) > 200 {
				t.Fatalf("%+v", track)
			}
		}
	})
}
