package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// startService starts boxoffice, the service that every Usher of the bench is
// a customer of, over its own link. Its films are the bench's.
func startService(ctx context.Context, o *options, dir string) (*process, string, error) {
	names := []string{}
	for _, name := range []string{"ladder", "tongues", "carpet", "single", "vault", "loop"} {
		names = append(names, fmt.Sprintf("%q:{\"durationMs\":%d}", name, o.film.Milliseconds()))
	}
	manifest := `{"version":"bench","streams":{` + strings.Join(names, ",") + `}}`
	if err := os.WriteFile(filepath.Join(dir, "streams.json"), []byte(manifest), 0o600); err != nil {
		return nil, "", fmt.Errorf("start the service: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, "", err
	}
	base := "http://127.0.0.1:" + port
	p, err := launch(dir, 0, nil, o.boxoffice, "-listen", "127.0.0.1:"+port, "-streams", dir)
	if err != nil {
		return nil, "", err
	}
	err = until(ctx, "connect to boxoffice", func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/.well-known/usher-service", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	if err != nil {
		p.close()
		return nil, "", err
	}
	return p, base, nil
}

// moreTitles gives every title a stream of its own: those of the service share
// a few, and what one title left in a cache must not help another.
func moreTitles(r *http.Response) error {
	path := strings.TrimSuffix(r.Request.URL.Path, "/prepare")
	if !strings.HasSuffix(path, "/playback") || r.StatusCode != http.StatusOK {
		return nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the playback: %w", err)
	}
	_ = r.Body.Close()
	var playback map[string]any
	if err := json.Unmarshal(raw, &playback); err != nil {
		return fmt.Errorf("read the playback: %w", err)
	}
	id, _ := playback["titleId"].(string)
	address, _ := playback["url"].(string)
	if before, after, ok := strings.Cut(address, "/streams/"); ok {
		stream, file, _ := strings.Cut(after, "/")
		playback["url"] = before + "/streams/" + stream + "-" + id + "/" + file
	}
	if raw, err = json.Marshal(playback); err != nil {
		return fmt.Errorf("write the playback: %w", err)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	r.Header.Set("Content-Length", strconv.Itoa(len(raw)))
	return nil
}

// streamTitle is a title of the bridge as it is in the name of its stream.
func streamTitle(id string) string { return strings.TrimPrefix(id, serviceID+":") }

// title is the one that a fetch was for; empty when the stream is nobody's own.
func (f fetch) title() string {
	_, id, _ := strings.Cut(f.stream, "-")
	return id
}
