package mpris_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"usher/player"
	"usher/player/mpris"
)

// twoLanguages makes a title of 30 s with English and German sound.
func twoLanguages(t *testing.T, kind, ext string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-f", "lavfi", "-i", "sine=440",
		"-f", "lavfi", "-i", "sine=880", "-map", "0:v", "-map", "1:a", "-map", "2:a", "-master_pl_name", "index.m3u8",
		"-var_stream_map", "v:0,agroup:a a:0,agroup:a,language:en,default:yes a:1,agroup:a,language:de", "-t", "30",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac", "-hls_time", "2", "-hls_playlist_type", "vod",
		"-hls_segment_type", kind, "-hls_segment_filename", "v%v-%02d."+ext, "-f", "hls", "v%v.m3u8")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make film: %v: %s", err, out)
	}
	s := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(s.Close)
	return s.URL + "/index.m3u8"
}

func selected(list []player.Track) string {
	for _, t := range list {
		if t.Selected {
			return t.Language
		}
	}
	return ""
}

// TestMPVSwitchesAudio: within a second on MPEG-TS; on CMAF too, or it says
// that it cannot and leaves the film alone.
func TestMPVSwitchesAudio(t *testing.T) {
	t.Parallel()
	for kind, ext := range map[string]string{"mpegts": "ts", "fmp4": "m4s"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d, l := mpv(t, true)
			url := twoLanguages(t, kind, ext)
			d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: url, Volume: -1, Audio: []string{"de"}}})
			watch(t, d, "playing", inPhase(player.Playing))
			tracks := mpris.NewTracks(l.Socket())
			list, err := tracks.Tracks(t.Context())
			if err != nil || len(list.Audio) != 2 || selected(list.Audio) != "de" {
				t.Fatalf("opened with %+v (%v), want German of two", list, err)
			}
			if list.Picture.Width != 160 || list.Picture.HDR != player.SDR {
				t.Errorf("picture %+v", list.Picture)
			}
			begun := time.Now()
			err = tracks.Choose(t.Context(), player.AudioTrack, 1)
			took := time.Since(begun)
			t.Logf("Can %+v; switched after %v (%v)", list.Can, took, err)
			if list.Can.Audio {
				if now, _ := tracks.Tracks(t.Context()); err != nil || selected(now.Audio) != "en" {
					t.Errorf("%q after %v (%v), want en", selected(now.Audio), took, err)
				}
			} else if !errors.Is(err, player.ErrAbsent) || list.Can.Why == "" {
				t.Errorf("cannot, but %v (%q)", err, list.Can.Why)
			}
			got := watch(t, d, "progress", func(s player.Status) bool { return s.Phase == player.Playing && s.Position > 3*time.Second })
			if got.Position > 6*time.Second {
				t.Errorf("at %v: a place that mpv shows for a moment only was believed", got.Position)
			}
		})
	}
}

func TestMPVDelayAndShape(t *testing.T) {
	t.Parallel()
	d, l := mpv(t, true)
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: origin(t) + "/index.m3u8", Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	tracks := mpris.NewTracks(l.Socket())
	err := errors.Join(
		tracks.Delay(t.Context(), player.AudioTrack, 250*time.Millisecond), tracks.Delay(t.Context(), player.SubtitleTrack, -time.Hour),
		tracks.Shape(t.Context(), player.Geometry{Aspect: 4.0 / 3, Fill: 2}), tracks.Choose(t.Context(), player.SubtitleTrack, 0))
	if err != nil {
		t.Fatal(err)
	}
	list, err := tracks.Tracks(t.Context())
	if err != nil || list.AudioDelay != 250*time.Millisecond || list.SubtitleDelay != -10*time.Second || list.Picture.Aspect < 1.3 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := tracks.Choose(t.Context(), player.AudioTrack, 7); !errors.Is(err, player.ErrAbsent) {
		t.Errorf("chose a track that is not there: %v", err)
	}
}

func TestTracksWithoutASocketAreAbsent(t *testing.T) {
	tracks := mpris.NewTracks("")
	list, err := tracks.Tracks(t.Context())
	if err != nil || list.Can.Audio || list.Can.Why == "" {
		t.Errorf("%+v, %v", list, err)
	}
	for name, err := range map[string]error{
		"choose": tracks.Choose(t.Context(), player.SubtitleTrack, 1),
		"delay":  tracks.Delay(t.Context(), player.AudioTrack, time.Second),
		"shape":  tracks.Shape(t.Context(), player.Geometry{}),
	} {
		if !errors.Is(err, player.ErrAbsent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	begun := time.Now()
	if _, err := mpris.NewTracks(filepath.Join(os.TempDir(), "no-such-socket")).Tracks(t.Context()); err == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("a socket that is not there: %v after %v", err, time.Since(begun))
	}
}
