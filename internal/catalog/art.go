package catalog

import (
	"container/list"
	"context"
	"sync"

	"usher/internal/box"
)

// Art gives a picture of a title; kind is "poster" or "backdrop". At most
// 1 MiB, images only; the last few megabytes stay in memory. Callers who want
// the same picture at the same time wait for one fetch.
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
	p, err := c.art.once(ctx, key, func() (picture, error) {
		a, err := c.fetch.get(ctx, u, "", pictureLimits())
		return picture{key: key, data: a.body, media: a.media}, err
	})
	if err != nil {
		return nil, "", s.answerProblem(ctx, err)
	}
	return p.data, p.media, nil
}

func noPicture() *box.Problem {
	return &box.Problem{Code: codeNotFound, Text: "This title has no such picture.", Hint: "A title has a poster and a backdrop."}
}

const picturesLimit = 4 << 20 // bytes kept: some hundred posters

// pictures keeps the pictures used last.
type pictures struct {
	mu      sync.Mutex
	order   *list.List // of picture, the one used last in front
	byKey   map[string]*list.Element
	bytes   int
	flights map[string]*flight
}

// flight is the fetch of a picture that others wait for.
type flight struct {
	done chan struct{}
	gone bool // the caller who fetched gave up: somebody else must
	pic  picture
	err  error
}

type picture struct {
	key   string
	data  []byte
	media string
}

func newPictures() *pictures {
	return &pictures{order: list.New(), byKey: map[string]*list.Element{}, flights: map[string]*flight{}}
}

// once gives the picture that is kept, or that fetch or another caller's fetch
// brings. Who gives up does not take the picture from those who wait.
func (p *pictures) once(ctx context.Context, key string, fetch func() (picture, error)) (picture, error) {
	for {
		if pic, ok := p.get(key); ok {
			return pic, nil
		}
		f, mine := p.board(key)
		if mine {
			f.pic, f.err = fetch()
			f.gone = ctx.Err() != nil
			p.land(key, f)
			return f.pic, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return picture{}, context.Cause(ctx)
		}
		if !f.gone {
			return f.pic, f.err
		}
	}
}

// board finds the flight of a picture, or begins one, which is mine to end.
func (p *pictures) board(key string) (f *flight, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.flights[key]; f != nil {
		return f, false
	}
	f = &flight{done: make(chan struct{})}
	p.flights[key] = f
	return f, true
}

func (p *pictures) land(key string, f *flight) {
	if f.err == nil {
		p.put(f.pic)
	}
	p.mu.Lock()
	delete(p.flights, key)
	p.mu.Unlock()
	close(f.done)
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
		return // a fetch began right when another one ended
	}
	p.byKey[pic.key] = p.order.PushFront(pic)
	p.bytes += len(pic.data)
	for p.bytes > picturesLimit {
		oldest := p.order.Remove(p.order.Back()).(picture)
		delete(p.byKey, oldest.key)
		p.bytes -= len(oldest.data)
	}
}
