package serve

import (
	"cmp"
	"context"
	"errors"
	"time"

	"usher/cache/hls"
)

// maxTries is how many variants are tried when the best one is missing.
const maxTries = 4

// Request asks for a title.
type Request struct {
	Tag          uint64        // of the session, chosen by the caller; an open session with it is closed
	URL          string        // of a multivariant or media playlist, http or https
	Audio        []string      // preferred languages, BCP 47, best first
	Sound        string        // NAME of the rendition of sound that is wanted among those of the best language; "" is any
	Subtitle     []string      // preferred languages, BCP 47, best first; empty is none
	MaxHeight    int           // lines; 0 is Options.MaxHeight
	MaxBandwidth int           // bit/s; 0 is Options.StartBandwidth
	Trim         time.Duration // begin here, for a player that cannot seek; not for live
	Live         bool          // the caller expects a live stream; the playlist decides
	At           time.Duration // live: begin at the segment of this programme time; 0 is at the live end
	Anchor       Anchor        // live: of the session before, see Window
	Thumbnails   string        // of a WebVTT file of pictures for winding, http or https; "" is none known
	// Scope sets apart what must not be shared: objects are found again only
	// by requests of the same scope, such as a service and profile.
	Scope string
}

// Opened is a title ready to be played.
type Opened struct {
	URL           string        // for the player
	Duration      time.Duration // of the whole title; 0 when live
	Live          bool
	FMP4          bool          // fragmented MP4 segments
	Base          time.Duration // where the player's position 0 lies in the title; live: its programme time, until Window.Begin says better
	Window        Window        // live
	Trickplay     Trickplay     // for winding; nothing for live
	Width, Height int           // of the variant; 0 unknown
	Bandwidth     int           // bit/s, BANDWIDTH of the variant; 0 for a single media playlist
	AudioLang     string        // BCP 47, as the playlist says; "" unknown
	SubtitleLang  string        // of the first of Captions, when it is one that was asked for
	Captions      []Caption     // the best match first
	Sounds        []Sound       // what Request.Audio and Sound choose from; none when the sound is in the picture's segments
}

// Sound is a rendition of sound that is apart from the picture.
type Sound struct {
	Language string // BCP 47, as the playlist says
	Name     string
	Channels int  // 0: not said
	Selected bool // this one is served
}

// Caption is a subtitle track as one WebVTT file.
type Caption struct {
	URL      string
	Language string // BCP 47
	Name     string
}

// Open fetches the playlists that are needed to begin, chooses a variant and
// the renditions that go with it, and gives the address for the player. The
// error is a *Trouble, or that of ctx. On error no session is left.
func (g *Origin) Open(ctx context.Context, r Request) (Opened, error) {
	s, err := g.newSession(ctx, r)
	if err != nil {
		return Opened{}, err
	}
	out, err := s.open(ctx)
	if err != nil {
		g.discard(s)
		return Opened{}, err
	}
	s.mu.Lock()
	s.opened, s.bandwidth = true, out.Bandwidth
	s.mu.Unlock()
	s.start(func() { s.mind(s.ctx) })
	s.rush()
	if f := s.film.Load(); f != nil {
		s.start(func() { f.run(s.ctx) })
	}
	return out, nil
}

func (s *session) open(ctx context.Context) (Opened, error) {
	top := s.playlist(s.req.URL, roleTop, nil, source{})
	v, _, err := top.get(ctx, "")
	if err != nil {
		return Opened{}, err
	}
	var out Opened
	if v.raw.Kind == hls.Media {
		if err = s.begin(ctx, top, &out); err == nil {
			s.makeFilm(top, nil, 0)
		}
	} else {
		err = s.choose(ctx, top, v.raw, &out)
	}
	if err == nil {
		s.offerTrickplay(top, v.raw, &out)
	}
	return out, err
}

// begin describes a title by the media playlist of its picture, and trims it.
func (s *session) begin(ctx context.Context, d *doc, out *Opened) error {
	v, _, err := d.get(ctx, "")
	if err != nil {
		return err
	}
	if v.raw.Kind != hls.Media {
		return &Trouble{Code: NotPlaylist, Where: redact(d.url), Err: errors.New("a multivariant playlist inside another")}
	}
	s.picture = d
	out.Live, out.FMP4 = v.raw.Live(), v.raw.FMP4()
	if out.Live {
		return s.joinLive(d, v, out)
	}
	out.Duration = v.raw.Duration
	if i := v.raw.SegmentAt(s.req.Trim); i > 0 {
		out.Base = v.raw.Segments[i].Start
		if err := d.reduce(cut{from: out.Base}); err != nil {
			return err
		}
	}
	out.URL = s.g.o.Base + d.path
	return nil
}

// choose takes the best variant whose playlist can be read.
func (s *session) choose(ctx context.Context, top *doc, p *hls.Playlist, out *Opened) error {
	var err error
	if !s.req.Live {
		var i int
		if i, err = s.tryAll(ctx, top, p, s.order(p), out); err != nil || !s.stays(out) {
			return err
		}
		if s.lasting(p)[0] == i {
			return nil
		}
	}
	_, err = s.tryAll(ctx, top, p, s.lasting(p), out)
	return err
}

// tryAll takes the first variant that can be read, and says which.
func (s *session) tryAll(ctx context.Context, top *doc, p *hls.Playlist, order []int, out *Opened) (int, error) {
	err := error(&Trouble{Code: NoVariants, Where: redact(s.req.URL), Err: hls.ErrNoVariant})
	for _, i := range order[:min(len(order), maxTries)] {
		if err = s.try(ctx, top, p, i, out); err == nil || ctx.Err() != nil {
			return i, err
		}
	}
	return 0, err
}

func (s *session) preference() hls.Preference {
	p := hls.Preference{MaxHeight: s.req.MaxHeight, MaxBandwidth: s.req.MaxBandwidth}
	if p.MaxHeight <= 0 {
		p.MaxHeight = cmp.Or(int(s.g.height.Load()), s.g.o.MaxHeight)
	}
	if p.MaxBandwidth <= 0 {
		p.MaxBandwidth = s.g.o.StartBandwidth
	}
	return p
}

func (s *session) try(ctx context.Context, top *doc, p *hls.Playlist, i int, out *Opened) error {
	s.film.Store(nil)
	s.tuner.Store(nil)
	*out, s.picture, s.sound, s.subtitles = Opened{}, nil, nil, nil // of a variant that was tried before
	s.variant.Store(int32(i + 1))
	ref := p.VariantRef(i)
	raw, err := ref.URL()
	if err != nil || !hasHTTP(raw) {
		return &Trouble{Code: BadURL, Where: redact(s.req.URL), Err: err}
	}
	v := p.Variants[i]
	audio := s.pickSound(p, v.Audio)
	s.expectSound(top, p, audio)
	if err := s.begin(ctx, s.playlist(raw, roleVideo, p.Defines, sourceOf(top, p, ref)), out); err != nil {
		return err
	}
	out.Width, out.Height, out.Bandwidth = v.Width, v.Height, v.Bandwidth
	if audio >= 0 {
		out.AudioLang = p.Renditions[audio].Language
	}
	if audio < 0 || !p.Renditions[audio].HasURI {
		// The sound is inside the variant: its media playlist is all the player needs.
		s.makeFilm(top, p, i)
		if f := s.film.Load(); f != nil && f.path != "" {
			out.URL = s.g.o.Base + f.path
		}
		s.offerCaptions(top, p, v.Subtitles, out)
		return s.tune(top, p, i)
	}
	out.Sounds = soundsOf(p, v.Audio, audio)
	if err := s.alignAudio(ctx, top, p, audio, out); err != nil {
		return err
	}
	s.makeFilm(top, p, i)
	s.offerCaptions(top, p, v.Subtitles, out)
	return errors.Join(s.pin(top, p, i, audio, out), s.tune(top, p, i))
}

// alignAudio trims separate sound to where the picture begins. Its segments
// have other borders: the nearest one is taken, and the player's position 0 is
// where the earlier of the two begins.
func (s *session) alignAudio(ctx context.Context, top *doc, p *hls.Playlist, audio int, out *Opened) error {
	d, err := s.soundList(top, p, audio)
	if err != nil {
		return &Trouble{Code: BadURL, Where: redact(s.req.URL), Err: err}
	}
	s.sound = d
	if out.Live {
		return s.alignLive(ctx, d, out)
	}
	if out.Base == 0 {
		return nil
	}
	v, _, err := d.get(ctx, "")
	if err != nil {
		return err
	}
	i := v.raw.SegmentNear(out.Base)
	if i < 0 {
		return nil
	}
	at := v.raw.Segments[i].Start
	out.Base = min(out.Base, at)
	return d.reduce(cut{from: at})
}

// pin hands out the multivariant playlist with one variant and its sound.
// Closed captions are inside the picture and stay; subtitles are side-loaded,
// because FFmpeg drops them.
func (s *session) pin(top *doc, p *hls.Playlist, variant, audio int, out *Opened) error {
	sel := &hls.Selection{Variant: variant, Renditions: []int{audio}}
	for i, r := range p.Renditions {
		if r.Type == "CLOSED-CAPTIONS" && r.Group == p.Variants[variant].ClosedCaptions {
			sel.Renditions = append(sel.Renditions, i)
		}
	}
	if err := top.reduce(cut{pin: sel}); err != nil {
		return err
	}
	out.URL = s.g.o.Base + top.path
	return nil
}

// offerCaptions lists the subtitles of a group, wanted languages first. A
// live stream has none: they would have to grow.
func (s *session) offerCaptions(top *doc, p *hls.Playlist, group string, out *Opened) {
	if group == "" || out.Live {
		return
	}
	best := p.PickSubtitle(group, s.req.Subtitle)
	if best >= 0 {
		out.SubtitleLang = p.Renditions[best].Language
		s.subtitles = s.offerCaption(top, p, best, out)
	}
	for i, r := range p.Renditions {
		if i != best && r.Type == "SUBTITLES" && r.Group == group && !r.Forced && len(out.Captions) < 32 {
			s.offerCaption(top, p, i, out)
		}
	}
}

// offerCaption lists one rendition of subtitles, and gives its playlist; nil
// when it has none.
func (s *session) offerCaption(top *doc, p *hls.Playlist, i int, out *Opened) *doc {
	ref, ok := p.RenditionRef(i)
	if !ok {
		return nil
	}
	raw, err := ref.URL()
	if err != nil || !hasHTTP(raw) {
		return nil
	}
	r := p.Renditions[i]
	c := &captions{s: s, list: s.playlist(raw, roleSubtitle, p.Defines, sourceOf(top, p, ref)), base: out.Base}
	s.mu.Lock()
	name := s.issue(c, "captions", raw, "subs.vtt")
	s.mu.Unlock()
	out.Captions = append(out.Captions, Caption{URL: s.g.o.Base + name, Language: r.Language, Name: r.Name})
	return c.list
}
