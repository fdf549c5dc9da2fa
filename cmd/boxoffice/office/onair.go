package office

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// segmentLimit is the longest segment of the loop that is read, in bytes: a
// minute at 20 Mb/s.
const segmentLimit = 150 << 20

// rounds keeps what a round of each rung of the loop is, because that takes
// reading it all. It is found out again when the streams were made again.
type rounds struct {
	mu     sync.Mutex // held while reading: whoever comes meanwhile wants the same
	stamp  string
	byRung map[string]round
}

// stamp changes when the loop was made again.
func (s streams) stamp(root *os.Root) (string, error) {
	info, err := root.Stat(filepath.Join(loopStream, "master.m3u8"))
	if err != nil {
		return "", err
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size()), nil
}

// round is that of a rung.
func (s streams) round(root *os.Root, kept *rounds, rung string, l loop) (round, error) {
	stamp, err := s.stamp(root)
	if err != nil {
		return round{}, err
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.stamp != stamp {
		kept.stamp, kept.byRung = stamp, map[string]round{}
	}
	if r, ok := kept.byRung[rung]; ok {
		return r, nil
	}
	r := newRound(l.total())
	for i := range l {
		segment, _, err := readSpan(root, loopFile(rung, int64(i)), part{size: segmentLimit})
		if err != nil {
			return round{}, err
		}
		r.count(segment)
	}
	kept.byRung[rung] = r
	return r, nil
}

// readSpan reads a part of a file, as much of it as there is.
func readSpan(root *os.Root, name string, p part) (data []byte, changed time.Time, err error) {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, changed, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, changed, err
	}
	data, err = io.ReadAll(io.NewSectionReader(f, p.from, min(p.size, segmentLimit)))
	return data, info.ModTime(), err
}

// serveOnAir sends a segment of the channel, or a part of one, as if the loop
// had never begun again.
func (o *Office) serveOnAir(w http.ResponseWriter, r *http.Request, rung string, msn int64, l loop, p part) error {
	root, err := os.OpenRoot(o.streams.dir)
	if err != nil {
		return fmt.Errorf("open streams: %w", err)
	}
	defer root.Close()
	turn, err := o.streams.round(root, o.rounds, rung, l)
	if err != nil {
		return missing(err)
	}
	number, index := msn/int64(len(l)), msn%int64(len(l))
	data, changed, err := readSpan(root, loopFile(rung, index), p)
	if err != nil {
		return missing(err)
	}
	turn.retime(data, number)
	sendOnAir(w, r, ".ts", position{msn, int(p.from)}, data, changed)
	return nil
}
