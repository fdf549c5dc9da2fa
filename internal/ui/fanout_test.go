package ui

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"usher/internal/box"
)

// BenchmarkEventToAHundredClients is the time from a change of the view until
// the last of a hundred clients has the message, over real sockets.
func BenchmarkEventToAHundredClients(b *testing.B) {
	bridge := newBench(b)
	const clients = 100
	var got atomic.Int64
	all := make(chan struct{}, 1)
	for range clients {
		w := bridge.greeted(b)
		w.send(frameOf(fin|opText, `{"jsonrpc":"2.0","id":1,"method":"topic.subscribe","params":{"topics":["playback"]}}`))
		w.frame()
		_ = w.SetDeadline(time.Time{})
		go func() {
			for {
				if _, _, err := w.tryFrame(); err != nil {
					return
				}
				if got.Add(1)%clients == 0 {
					all <- struct{}{}
				}
			}
		}()
	}
	for i := range b.N {
		bridge.box.Update(func(v *box.View) { v.Playback.TitleID = fmt.Sprint(i) })
		<-all
	}
}

// BenchmarkProgressOfTenThousandTitles is what one position costs that is
// stored every second, in a household that has watched much.
func BenchmarkProgressOfTenThousandTitles(b *testing.B) {
	h := newHub("e")
	all := patch{}
	for i := range 10_000 {
		all[fmt.Sprint("demo:", i)] = []byte(`{"positionMs":60000,"durationMs":600000,"updatedMs":1}`)
	}
	h.publishPatch(topicProgress, all)
	o := newOutbox(defaults(), func(error) {})
	h.subscribe(o, []topicName{topicProgress})
	for b.Loop() {
		h.publishPatch(topicProgress, patch{"demo:7": []byte(`{"positionMs":61000,"durationMs":600000,"updatedMs":2}`)})
		if len(o.next()) > 400 {
			b.Fatal("the whole is sent")
		}
	}
}
