package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"usher/internal/offer"
)

// DefaultStreams is where make-streams.sh puts the streams unless told
// otherwise: usher/streams in the user's cache folder ($XDG_CACHE_HOME, or
// ~/.cache), or in the temporary folder where there is no home.
func DefaultStreams() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "usher", "streams")
}

// streams is the folder of streams. It is read anew for each request, so that
// streams made while the service runs are found.
type streams struct{ dir string }

// manifest is streams.json.
type manifest struct {
	Version string                    `json:"version"`
	Streams map[string]manifestStream `json:"streams"`
}

type manifestStream struct {
	DurationMS int64  `json:"durationMs"`
	Thumbnails string `json:"thumbnails"` // WebVTT file of pictures for winding, in its folder; empty: none
}

// liveStream and lowLatencyStream are the channels made of the loop; cmafStream
// is made of a film.
const (
	liveStream       = "live"
	lowLatencyStream = "live-ll"
	loopStream       = "loop"
)

const manifestLimit = 64 << 10

func (s streams) manifest() (manifest, error) {
	var m manifest
	f, err := os.Open(filepath.Join(s.dir, "streams.json"))
	if err != nil {
		return m, err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, manifestLimit)).Decode(&m); err != nil {
		return manifest{}, fmt.Errorf("decode streams.json: %w", err)
	}
	return m, nil
}

// describe fills in what depends on the stream. Without streams it tells the
// lengths of the full set, so that a catalogue read before `make streams` looks
// the same as after.
func (m manifest) describe(t *offer.Title, stream string) {
	t.Audio, t.Subtitles = []string{t.OriginalLanguage}, []string{}
	switch stream {
	case "tongues":
		t.Audio, t.Subtitles = []string{"en", "de"}, []string{"en", "zh-Hans"}
	case cmafStream:
		t.Audio = []string{"en", "de"}
	}
	if t.Kind == offer.Series || t.Kind == offer.Live {
		return
	}
	t.DurationMS = m.duration(stream)
}

func (m manifest) duration(stream string) int64 {
	if s, ok := m.Streams[stream]; ok {
		return s.DurationMS
	}
	if stream == "ladder" || stream == "tongues" {
		return 120_000
	}
	return 60_000
}

// thumbnails is the address of a stream's pictures for winding; "" when it has
// none, or names them in its own playlist.
func (m manifest) thumbnails(stream string) string {
	name := m.Streams[stream].Thumbnails
	if name == "" {
		return ""
	}
	return "/streams/" + stream + "/" + name
}

// has says whether a stream can be played.
func (m manifest) has(stream string) bool {
	switch stream {
	case liveStream, lowLatencyStream:
		stream = loopStream
	case cmafStream:
		stream = cmafLoop
	}
	_, ok := m.Streams[stream]
	return ok
}

func (o *Office) serveStream(w http.ResponseWriter, r *http.Request) error {
	stream, file := r.PathValue("stream"), r.PathValue("file")
	if !o.StreamsReady() {
		return problem(codeStreams, "The service has no streams yet.")
	}
	switch stream {
	case liveStream:
		return o.serveLive(w, r, file)
	case lowLatencyStream:
		return o.serveLowLatency(w, r, file)
	case cmafStream:
		return o.serveCMAF(w, r, file)
	}
	return o.serveFile(w, r, stream+"/"+file)
}

// serveFile sends a file of the streams folder. os.Root keeps the name inside.
func (o *Office) serveFile(w http.ResponseWriter, r *http.Request, name string) error {
	root, err := os.OpenRoot(o.streams.dir)
	if err != nil {
		return fmt.Errorf("open streams: %w", err)
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(path.Clean(name)))
	if err != nil {
		return missing(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("stat stream file: %w", err)
	}
	kind, cache := mediaType(name)
	if !info.Mode().IsRegular() || kind == "" {
		return problem(codeNotFound, "There is no such stream file.")
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("ETag", `"`+strconv.FormatInt(info.ModTime().UnixNano(), 36)+"-"+strconv.FormatInt(info.Size(), 36)+`"`)
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

func missing(err error) error {
	var escape *fs.PathError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &escape) {
		return problem(codeNotFound, "There is no such stream file.")
	}
	return fmt.Errorf("open stream file: %w", err)
}

// mediaType gives content type and cache policy by extension, "" for what is
// not ours to serve. RFC 8216 section 4 names the playlist's type. Media never
// changes under its name; a stream made again has other ETags, so a day is
// long enough and short enough. Keys are for the viewer's box alone.
func mediaType(name string) (kind, cache string) {
	switch strings.ToLower(path.Ext(name)) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl", "public, max-age=60"
	case ".ts":
		return "video/mp2t", "public, max-age=86400"
	case ".m4s", ".mp4":
		return "video/mp4", "public, max-age=86400"
	case ".vtt":
		return "text/vtt; charset=utf-8", "public, max-age=86400"
	case ".jpg":
		return "image/jpeg", "public, max-age=86400"
	case ".bin":
		return "application/octet-stream", "private, max-age=300"
	}
	return "", ""
}
