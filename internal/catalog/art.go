package catalog

import (
	"container/list"
	"context"
	"sync"

	"usher/internal/box"
)

// Art gives a picture of a title; kind is "poster" or "backdrop". At most
// 1 MiB, images only; the last few megabytes stay in memory.
func (c *Client) Art(ctx context.Context, titleID, kind string) (data []byte, contentType string, err error) {
	s, v, err := c.locate(ctx, titleID)
	if err != nil {
		return nil, "", err
	}
	e := v.titles[titleID]
	address := map[string]string{"poster": e.poster, "backdrop": e.back}[kind]
	if address == "" {
		return nil, "", noPicture()
	}
	u, err := v.doc.resolve(address)
	if err != nil {
		return nil, "", s.problem(err)
	}
	key := v.catalogue.Revision + " " + u.String() // a new catalogue may mean new pictures
	if p, ok := c.art.get(key); ok {
		return p.data, p.media, nil
	}
	a, err := c.fetch.get(ctx, u, "", pictureLimits())
	if err != nil {
		return nil, "", s.answerProblem(ctx, err)
	}
	c.art.put(picture{key: key, data: a.body, media: a.media})
	return a.body, a.media, nil
}

func noPicture() *box.Problem {
	return &box.Problem{Code: codeNotFound, Text: "This title has no such picture.", Hint: "A title has a poster and a backdrop."}
}

const picturesLimit = 4 << 20 // bytes kept: some hundred posters

// pictures keeps the pictures used last.
type pictures struct {
	mu    sync.Mutex
	order *list.List // of picture, the one used last in front
	byKey map[string]*list.Element
	bytes int
}

type picture struct {
	key   string
	data  []byte
	media string
}

func newPictures() *pictures {
	return &pictures{order: list.New(), byKey: map[string]*list.Element{}}
}

func (p *pictures) get(key string) (picture, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.byKey[key]
	if !ok {
		return picture{}, false
	}
	p.order.MoveToFront(e)
	return e.Value.(picture), true
}

func (p *pictures) put(pic picture) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.byKey[pic.key]; ok {
		return // another caller fetched it meanwhile
	}
	p.byKey[pic.key] = p.order.PushFront(pic)
	p.bytes += len(pic.data)
	for p.bytes > picturesLimit {
		oldest := p.order.Remove(p.order.Back()).(picture)
		delete(p.byKey, oldest.key)
		p.bytes -= len(oldest.data)
	}
}
