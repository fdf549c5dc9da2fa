package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"

	"usher/firmware/image"
)

// Data reads parts of a file of the repository. It implements image.Stored. Its
// calls must not overlap. Somebody has to Close it.
type Data struct {
	s    *Server
	name string
	f    image.File
	body *body // nil: none under way
	at   int64 // where body is
	end  int64 // where body ends
	tag  string
}

var _ image.Stored = (*Data)(nil)

// Data reads parts of a file that a description names.
func (s *Server) Data(f image.File) *Data { return &Data{s: s, name: path(f), f: f} }

// Close ends what is under way.
func (d *Data) Close() {
	if d.body != nil {
		d.body.close()
		d.body = nil
	}
}

// Read implements image.Stored.
func (d *Data) Read(ctx context.Context, at int64, b []byte, until int64) error {
	if at < 0 || at+int64(len(b)) > d.f.Length {
		return reasoned(fmt.Errorf("read %d bytes at %d of %d", len(b), at, d.f.Length))
	}
	left, err := d.s.o.Budget.allows(int64(len(b)))
	if err != nil {
		return err
	}
	until = min(max(until, at+int64(len(b))), d.f.Length, at+left)
	for len(b) > 0 {
		err := d.s.persist(ctx, func() (n int, err error) {
			got, err := d.some(ctx, at, b, until)
			at, b = at+int64(got), b[got:]
			return got, err
		})
		if err != nil {
			d.Close()
			return reasoned(err)
		}
	}
	return nil
}

// some reads until b is full or something happens, and says how much it read.
func (d *Data) some(ctx context.Context, at int64, b []byte, until int64) (total int, err error) {
	for total < len(b) {
		n, err := d.bit(ctx, at+int64(total), b[total:], until)
		total += n
		if err != nil {
			d.Close()
			return total, err
		}
	}
	return total, nil
}

// bit reads what is there, after a look at the gate.
func (d *Data) bit(ctx context.Context, at int64, b []byte, until int64) (int, error) {
	if d.s.o.Gate.shut() != nil {
		d.Close() // buffers that fill up would still take the link
		if err := d.s.o.Gate.wait(ctx); err != nil {
			return 0, err
		}
	}
	if d.body == nil || d.at != at {
		if err := d.ask(ctx, span{at, until}); err != nil {
			return 0, err
		}
	}
	n, err := d.body.read(ctx, b[:min(len(b), piece)])
	d.at += int64(n)
	if d.at == d.end && (err == nil || errors.Is(err, io.EOF)) {
		d.finish()
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		err = &Error{Class: Cut, Name: d.name, Err: io.ErrUnexpectedEOF}
	}
	return n, err
}

// finish reads the end of a body, so that its connection can be used again.
func (d *Data) finish() {
	_, _ = d.body.resp.Body.Read(make([]byte, 1)) // io.EOF, or the connection is not used again
	d.Close()
}

// ask asks for a range, of the same file as before.
func (d *Data) ask(ctx context.Context, r span) error {
	d.Close()
	b, err := d.s.open(ctx, d.name, &r)
	if err != nil {
		return err
	}
	if b.total != d.f.Length || d.tag != "" && b.tag != "" && b.tag != d.tag {
		b.close()
		return &Error{Class: Changed, Name: d.name, Err: fmt.Errorf("%d bytes, tag %.40s; before %d, tag %.40s", b.total, b.tag, d.f.Length, d.tag)}
	}
	d.body, d.at, d.end, d.tag = b, r.from, r.to, b.tag
	return nil
}
