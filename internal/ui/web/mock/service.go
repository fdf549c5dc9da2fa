package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"usher/internal/offer"
)

const replyLimit = 16 << 20 // bytes

// read takes over the catalogue of the service.
func (s *shop) read(ctx context.Context) error {
	data, _, err := s.fetch(ctx, "/v1/catalogue")
	if err != nil {
		return err
	}
	var c offer.Catalogue
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	s.rails, s.titles = c.Rails, c.Titles
	for i := range s.rails {
		for j, id := range s.rails[i].Titles {
			s.rails[i].Titles[j] = "mock:" + id
		}
	}
	for i := range s.titles {
		qualify(&s.titles[i])
	}
	return nil
}

// qualify makes ids and pictures those of this box.
func qualify(t *offer.Title) {
	t.ID = "mock:" + t.ID
	t.Poster, t.Backdrop = "/art/"+t.ID+"/poster", "/art/"+t.ID+"/backdrop"
	if t.SeriesID != "" {
		t.SeriesID = "mock:" + t.SeriesID
	}
	for _, season := range t.Seasons {
		for i := range season.Episodes {
			qualify(&season.Episodes[i])
		}
	}
}

func (s *shop) fetch(ctx context.Context, path string) (data []byte, contentType string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, "", fmt.Errorf("ask service: %w", err)
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", fmt.Errorf("ask service: %w", err)
	}
	defer func() { _ = reply.Body.Close() }()
	if reply.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("ask service for %q: %s", path, reply.Status)
	}
	data, err = io.ReadAll(io.LimitReader(reply.Body, replyLimit))
	return data, reply.Header.Get("Content-Type"), err
}
