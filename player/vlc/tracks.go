package vlc

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"usher/player"
)

// whyFill is what VLC lacks.
const whyFill = "VLC does not tell its picture's dynamic range, and cannot be told to cut the picture to the screen"

// Tracks reads what there is; see player.Tracks.
func (w *Web) Tracks(ctx context.Context) (player.TrackList, error) {
	s, err := w.ask(ctx, nil)
	if err != nil {
		return player.TrackList{}, err
	}
	return w.list(s), nil
}

// list is a status as tracks. VLC names the streams in the order in which it
// found them, so that the subtitle files without a name are those of the
// title, in their order.
func (w *Web) list(s status) player.TrackList {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := player.TrackList{
		Can:        player.TracksCan{Audio: true, Subtitle: true, Delay: true, Geometry: true, Why: whyFill},
		AudioDelay: span(s.AudioDelay), SubtitleDelay: span(s.SubtitleDelay),
	}
	files := w.media.Captions
	for _, e := range s.streams() {
		switch e.Type {
		case "Audio":
			out.Audio = append(out.Audio, e.track(player.AudioTrack))
		case "Video":
			out.Picture.Width, out.Picture.Height = size(e.Size)
		case "Subtitle":
			t := e.track(player.SubtitleTrack)
			if t.Language == "" && t.Title == "" && len(files) > 0 {
				t.Language, t.Title, t.External, files = files[0].Language, files[0].Name, true, files[1:]
			}
			out.Subtitles = append(out.Subtitles, t)
		}
	}
	if p := &out.Picture; p.Height > 0 {
		p.Aspect = float64(p.Width) / float64(p.Height)
	}
	w.markLocked(out.Subtitles)
	return out
}

// markLocked marks the subtitles that are shown: those that were chosen, else
// the preferred ones that the title was opened with. VLC does not tell.
func (w *Web) markLocked(list []player.Track) {
	index := w.media.Preferred()
	for i := range list {
		list[i].Selected = w.aimed && list[i].ID == w.words+1 || !w.aimed && i == index
	}
}

// Choose switches to a track; see player.Tracks. VLC goes on from where its
// picture is; a track it does not have is an error.
func (w *Web) Choose(ctx context.Context, kind player.TrackKind, id int) error {
	s, err := w.ask(ctx, nil)
	if err != nil {
		return err
	}
	list := w.list(s)
	if kind == player.AudioTrack {
		return w.choose(ctx, "audio_track", list.Audio, id)
	}
	if id != 0 {
		err = w.choose(ctx, "subtitle_track", list.Subtitles, id)
	} else {
		_, err = w.ask(ctx, url.Values{"command": {"subtitle_track"}, "val": {strconv.Itoa(noStream)}})
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.words, w.aimed = id-1, true
	w.mu.Unlock()
	return nil
}

func (w *Web) choose(ctx context.Context, command string, list []player.Track, id int) error {
	for _, t := range list {
		if t.ID != id {
			continue
		}
		if t.Kind == player.AudioTrack && t.Selected {
			return nil
		}
		_, err := w.ask(ctx, url.Values{"command": {command}, "val": {strconv.Itoa(id - 1)}})
		return err
	}
	return fmt.Errorf("choose track %d: %w: the title has %d", id, player.ErrAbsent, len(list))
}

// Delay moves sound or subtitles; see player.Tracks.
func (w *Web) Delay(ctx context.Context, kind player.TrackKind, by time.Duration) error {
	const most = 10 * time.Second
	command := map[player.TrackKind]string{player.AudioTrack: "audiodelay", player.SubtitleTrack: "subdelay"}[kind]
	if command == "" {
		return fmt.Errorf("delay tracks of kind %d: %w", kind, player.ErrAbsent)
	}
	by = min(max(by, -most), most)
	_, err := w.ask(ctx, url.Values{"command": {command}, "val": {strconv.FormatFloat(by.Seconds(), 'f', 3, 64)}})
	return err
}

// Shape sets the aspect; see player.Tracks. Fill is more than VLC can.
func (w *Web) Shape(ctx context.Context, g player.Geometry) error {
	if g.Fill > 0 {
		return fmt.Errorf("fill the screen: %w: %s", player.ErrAbsent, whyFill)
	}
	aspect := "default"
	if g.Aspect > 0 {
		aspect = strconv.Itoa(int(min(max(g.Aspect, 0.5), 3)*1000)) + ":1000"
	}
	_, err := w.ask(ctx, url.Values{"command": {"aspectratio"}, "val": {aspect}})
	return err
}
