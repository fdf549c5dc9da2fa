package main

import (
	"context"
	"errors"
	"fmt"

	"usher/cache/serve"
	"usher/internal/box"
	"usher/player"
)

// originEdge is the loopback origin as the core knows it.
type originEdge struct {
	origin  *serve.Origin
	closing func(session uint64) // before a session is closed
}

// Open implements daemon.Origin.
func (e originEdge) Open(ctx context.Context, o box.OpenOrigin) (box.OriginOpened, error) {
	req := serve.Request{
		Tag: o.Session, URL: o.URL, Live: o.Live, At: o.At, Anchor: serve.Anchor(o.Anchor), Thumbnails: o.Pictures, Audio: o.Audio, Sound: o.Sound, Subtitle: o.Subtitle,
		Scope: scope(o.TitleID),
	}
	got, err := e.origin.Open(ctx, req)
	if err == nil && got.FMP4 && !got.Live && o.TrimFMP4 > 0 {
		req.Trim = o.TrimFMP4
		got, err = e.origin.Open(ctx, req)
	}
	if err != nil {
		return box.OriginOpened{}, troubleProblem(err)
	}
	return box.OriginOpened{
		Session: o.Session, URL: got.URL, Duration: got.Duration, Live: got.Live, Window: liveWindow(got.Window), Trickplay: trickplay(got.Trickplay),
		FMP4: got.FMP4, Base: got.Base, Captions: captions(got.Captions), Sounds: sounds(got.Sounds),
		Rendition: box.Rendition{
			Width: got.Width, Height: got.Height, Bandwidth: got.Bandwidth,
			Audio: got.AudioLang, Subtitle: got.SubtitleLang,
		},
	}, nil
}

// liveMoved passes on how far the window of a channel reaches.
func (a *appliance) liveMoved(tag uint64, w serve.Window) {
	a.daemon.Tell(box.LiveMoved{Session: tag, Window: liveWindow(w)})
}

func trickplay(t serve.Trickplay) *box.Trickplay {
	if t.Kind == "" {
		return nil
	}
	return &box.Trickplay{Kind: string(t.Kind), URL: t.URL}
}

func liveWindow(w serve.Window) box.LiveWindow {
	return box.LiveWindow{
		Start: w.Start, End: w.End, Live: w.Live, At: w.At, Target: w.Target,
		Begin: w.Begin, Anchor: box.LiveAnchor(w.Anchor),
	}
}

// Close implements daemon.Origin.
func (e originEdge) Close(session uint64) {
	e.closing(session)
	e.origin.Close(session)
}

// scope keeps what one service sent apart from what another sent.
func scope(titleID string) string {
	for i, r := range titleID {
		if r == ':' {
			return titleID[:i]
		}
	}
	return ""
}

func sounds(list []serve.Sound) []box.Sound {
	out := make([]box.Sound, 0, len(list))
	for _, r := range list {
		out = append(out, box.Sound{Language: r.Language, Name: r.Name, Channels: r.Channels, Selected: r.Selected})
	}
	return out
}

func captions(list []serve.Caption) []player.Captions {
	out := make([]player.Captions, 0, len(list))
	for _, c := range list {
		out = append(out, player.Captions{URL: c.URL, Language: c.Language, Name: c.Name})
	}
	return out
}

// troubleProblem puts trouble of the origin into words; other errors (the
// title was given up) pass as they are.
func troubleProblem(err error) error {
	t, ok := errors.AsType[*serve.Trouble](err)
	if !ok {
		return err
	}
	return new(wordsFor(t))
}

// wordsFor says what a trouble means for the film.
func wordsFor(t *serve.Trouble) box.Problem {
	const again = "Press OK to try again."
	switch t.Code {
	case serve.Unreachable:
		return box.Problem{
			Code: "network_lost", Text: "The service cannot be reached; the film waits for it.",
			Hint: "Check the network. It goes on by itself when the network is back.",
		}
	case serve.NotPlaylist, serve.NotMedia:
		return box.Problem{
			Code: "not_a_film", Text: "A web page came instead of the film.",
			Hint: "The network may ask for a log-in: open a web page on another device. Then press OK to try again.",
		}
	case serve.HTTPStatus:
		return statusProblem(t.Status)
	case serve.NoVariants:
		return box.Problem{Code: "no_variants", Text: "The service has no version of this film for this box.", Hint: "Tell the service; choose another film."}
	case serve.TooLarge:
		return box.Problem{Code: "too_large", Text: "The description of this film is too large to be real.", Hint: "Tell the service; choose another film."}
	case serve.BadURL, serve.Forbidden:
		return box.Problem{Code: "forbidden_address", Text: "The service sent an address that this box may not open.", Hint: "Tell the service; choose another film."}
	default:
		return box.Problem{Code: "stream_error", Text: "The film cannot be read at present.", Hint: again}
	}
}

func statusProblem(status int) box.Problem {
	switch {
	case status == 404 || status == 410:
		return box.Problem{
			Code: "missing", Text: "A part of the film is missing at the service.",
			Hint: "Press OK to try again; if it stays so, choose another film.",
		}
	case status == 401 || status == 403:
		return box.Problem{
			Code: "not_allowed", Text: "The service does not let this box read the film.",
			Hint: "Press OK to ask the service anew.",
		}
	default:
		return box.Problem{
			Code: "service_error", Text: fmt.Sprintf("The service has trouble of its own (HTTP %d); the film waits for it.", status),
			Hint: "It goes on by itself when the service is well again.",
		}
	}
}
