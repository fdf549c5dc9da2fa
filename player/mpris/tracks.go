package mpris

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"usher/player"
)

// tracksLimit is how long a request for tracks may take.
const tracksLimit = 2 * time.Second

// Tracks asks mpv's JSON IPC, on a connection of its own for each request, so
// that it never stands in the driver's way.
type Tracks struct {
	socket string // empty: the player has none
	layout func(context.Context, string) (fragmented bool, err error)

	mu    sync.Mutex
	style *player.SubtitleStyle // nil: never chosen
}

var _ player.Tracks = (*Tracks)(nil)

// NewTracks is for the player with its JSON IPC at the path socket; empty is a
// player that has only MPRIS, and that therefore can do nothing of this.
func NewTracks(socket string) *Tracks { return &Tracks{socket: socket, layout: fragmented} }

// Why a player cannot do something.
const (
	whyMPRIS = "MPRIS has no tracks, and this player has no other interface that Usher knows"
	whyCMAF  = "FFmpeg before 7.1 ends a CMAF film when its sound is switched; open it again with the language preferred"
)

// Tracks reads what there is; see player.Tracks.
func (t *Tracks) Tracks(ctx context.Context) (player.TrackList, error) {
	list := player.TrackList{Can: player.TracksCan{Why: whyMPRIS}}
	if t.socket == "" {
		return list, nil
	}
	err := t.with(ctx, func(ctx context.Context, q *asker) error {
		var err error
		list, err = t.read(ctx, q)
		return err
	})
	return list, err
}

func (t *Tracks) read(ctx context.Context, q *asker) (player.TrackList, error) {
	list := player.TrackList{Can: player.TracksCan{Audio: true, Subtitle: true, Delay: true, Geometry: true, HDR: true}}
	var tracks []mpvTrack
	if err := q.get(ctx, "track-list", &tracks); err != nil {
		return list, err
	}
	for _, track := range tracks {
		list = track.into(list)
	}
	var audio, sub float64
	var picture mpvPicture
	if err := errors.Join(q.get(ctx, "audio-delay", &audio), q.get(ctx, "sub-delay", &sub)); err != nil {
		return list, err
	}
	list.AudioDelay, list.SubtitleDelay = seconds(audio), seconds(sub)
	if err := q.get(ctx, "video-params", &picture); err != nil && !errors.Is(err, errUnavailable) {
		return list, err
	}
	list.Picture = picture.picture()
	if err := t.dress(ctx, q, list.Picture); err != nil {
		return list, err
	}
	if len(list.Audio) > 1 && !t.switches(ctx, q) {
		list.Can.Audio, list.Can.Why = false, whyCMAF
	}
	return list, nil
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }

// switches says whether sound can be switched in the present title.
func (t *Tracks) switches(ctx context.Context, q *asker) bool {
	var version, path, format string
	if q.get(ctx, "ffmpeg-version", &version) != nil || seeksFMP4(version) {
		return true
	}
	if q.get(ctx, "file-format", &format) != nil || format != "hls" || q.get(ctx, "path", &path) != nil {
		return true
	}
	bad, err := t.layout(ctx, path)
	return err == nil && !bad // what cannot be read is not risked
}

// Choose switches to a track; see player.Tracks.
func (t *Tracks) Choose(ctx context.Context, kind player.TrackKind, id int) error {
	if kind == player.AudioTrack && id < 1 || id < 0 {
		return fmt.Errorf("choose track %d: %w: there is none", id, player.ErrAbsent)
	}
	return t.with(ctx, func(ctx context.Context, q *asker) error {
		if kind == player.AudioTrack {
			return t.chooseAudio(ctx, q, id)
		}
		if id == 0 {
			return q.set(ctx, "sid", "no")
		}
		return q.set(ctx, "sid", id)
	})
}

// chooseAudio switches, and waits for sound from the other track.
func (t *Tracks) chooseAudio(ctx context.Context, q *asker, id int) error {
	list, err := t.read(ctx, q)
	if err != nil {
		return err
	}
	has := false
	for _, track := range list.Audio {
		has = has || track.ID == id
		if track.ID == id && track.Selected {
			return nil
		}
	}
	switch {
	case !has:
		return fmt.Errorf("choose audio track %d: %w: the title has %d", id, player.ErrAbsent, len(list.Audio))
	case !list.Can.Audio:
		return fmt.Errorf("choose audio track %d: %w: %s", id, player.ErrAbsent, list.Can.Why)
	}
	if err := q.switchAudio(ctx, id); err != nil {
		return err
	}
	for {
		there, err := q.sounds(ctx)
		if there || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("choose audio track %d: no sound: %w", id, context.Cause(ctx))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// sounds says whether the seek is over and there is sound.
func (q *asker) sounds(ctx context.Context) (bool, error) {
	var seeking bool
	var pts float64
	err := q.get(ctx, "seeking", &seeking)
	if err == nil && !seeking {
		err = q.get(ctx, "audio-pts", &pts)
	}
	if errors.Is(err, errUnavailable) {
		return false, nil
	}
	return err == nil && !seeking, err
}

// switchAudio selects a track and seeks to where the picture is. Without the
// seek mpv 0.35 reads the new track from where its reading ahead had come to:
// in the first second of a title it then jumps there, or ends.
func (q *asker) switchAudio(ctx context.Context, id int) error {
	var pos float64
	if err := q.get(ctx, "time-pos", &pos); err != nil {
		return err
	}
	if err := q.set(ctx, "aid", id); err != nil {
		return err
	}
	_, err := q.ask(ctx, "seek", pos, "absolute+exact")
	return err
}

// Delay moves sound or subtitles; see player.Tracks.
func (t *Tracks) Delay(ctx context.Context, kind player.TrackKind, by time.Duration) error {
	const most = 10 * time.Second
	name := map[player.TrackKind]string{player.AudioTrack: "audio-delay", player.SubtitleTrack: "sub-delay"}[kind]
	if name == "" {
		return fmt.Errorf("delay tracks of kind %d: %w", kind, player.ErrAbsent)
	}
	return t.with(ctx, func(ctx context.Context, q *asker) error {
		return q.set(ctx, name, min(max(by, -most), most).Seconds())
	})
}

// Shape sets the shape of the picture; see player.Tracks.
func (t *Tracks) Shape(ctx context.Context, g player.Geometry) error {
	aspect := -1.0 // mpv's word for the stream's own
	if g.Aspect > 0 {
		aspect = min(max(g.Aspect, 0.5), 3)
	}
	return t.with(ctx, func(ctx context.Context, q *asker) error {
		return errors.Join(q.set(ctx, "video-aspect-override", aspect), q.set(ctx, "panscan", min(max(g.Fill, 0), 1)))
	})
}

// mpvTrack is an entry of mpv's track-list.
type mpvTrack struct {
	Type     string `json:"type"`
	ID       int    `json:"id"`
	Lang     string `json:"lang"`
	Title    string `json:"title"`
	Codec    string `json:"codec"`
	Channels int    `json:"demux-channel-count"`
	Selected bool   `json:"selected"`
	External bool   `json:"external"`
	Image    bool   `json:"image"` // a still picture: of a song, not of a film
}

// into adds the track to the list.
func (m mpvTrack) into(list player.TrackList) player.TrackList {
	track := player.Track{
		Kind: player.AudioTrack, ID: m.ID, Language: asString(m.Lang), Title: asString(m.Title), Codec: asString(m.Codec),
		Channels: m.Channels, Selected: m.Selected, External: m.External,
	}
	switch m.Type {
	case "audio":
		list.Audio = append(list.Audio, track)
	case "sub":
		track.Kind = player.SubtitleTrack
		list.Subtitles = append(list.Subtitles, track)
	}
	return list
}

// mpvPicture is mpv's video-params.
type mpvPicture struct {
	Width  int     `json:"dw"`
	Height int     `json:"dh"`
	Aspect float64 `json:"aspect"`
	Gamma  string  `json:"gamma"`
	Peak   float64 `json:"sig-peak"`
}

func (m mpvPicture) picture() player.Picture {
	p := player.Picture{Width: m.Width, Height: m.Height, Aspect: m.Aspect, Peak: m.Peak}
	switch m.Gamma {
	case "":
	case "pq":
		p.HDR = player.PQ
	case "hlg":
		p.HDR = player.HLG
	default:
		p.HDR = player.SDR
	}
	return p
}

// asker asks mpv one thing after the other.
type asker struct {
	ipc  *ipc
	last int64
}

// errUnavailable is mpv's word for a property without a value now.
var errUnavailable = errors.New("property unavailable")

// with runs ask on a connection of its own.
func (t *Tracks) with(ctx context.Context, ask func(context.Context, *asker) error) error {
	if t.socket == "" {
		return fmt.Errorf("ask the player for tracks: %w: %s", player.ErrAbsent, whyMPRIS)
	}
	ctx, cancel := context.WithTimeout(ctx, tracksLimit)
	defer cancel()
	c, err := openIPC(ctx, t.socket)
	if err != nil {
		return err
	}
	defer c.close()
	return ask(ctx, &asker{ipc: c})
}

func (q *asker) set(ctx context.Context, name string, v any) error {
	_, err := q.ask(ctx, "set_property", name, v)
	return err
}

func (q *asker) get(ctx context.Context, name string, into any) error {
	data, err := q.ask(ctx, "get_property", name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("decode mpv's %s: %w", name, err)
	}
	return nil
}

// ask sends a command and waits for its reply; events are passed over.
func (q *asker) ask(ctx context.Context, words ...any) (json.RawMessage, error) {
	q.last++
	if err := q.ipc.send(q.last, false, words); err != nil {
		return nil, err
	}
	for {
		select {
		case m, ok := <-q.ipc.events:
			switch {
			case !ok:
				return nil, fmt.Errorf("ask mpv for %v: the connection ended", words[1])
			case m.Event != "" || m.Request != q.last:
			case m.Error == "success":
				return m.Data, nil
			case m.Error == errUnavailable.Error():
				return nil, fmt.Errorf("ask mpv for %v: %w", words[1], errUnavailable)
			default:
				return nil, fmt.Errorf("ask mpv for %v: %s", words[1], m.Error)
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("ask mpv for %v: %w", words[1], context.Cause(ctx))
		}
	}
}
