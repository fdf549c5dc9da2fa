package station

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/device/cec"
	"usher/device/cec/cectest"
	"usher/device/cec/playback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A station is what the daemon knows as a television.
var _ cec.Television = (*Station)(nil)

// living is a station in a virtual room, on synctest's clock.
type living struct {
	*testing.T
	*Station
	room    *cectest.Room
	port    *cectest.Port
	tv      *cectest.Television
	bus     *cectest.Bus
	opened  int
	reports []cec.Report
	stop    context.CancelFunc
	done    chan error
}

func live(t *testing.T, settings Settings) *living {
	l := &living{T: t, room: cectest.NewRoom(1, time.Now()), done: make(chan error, 1)}
	l.port = l.room.NewPort(settings.claim(), 0x1000)
	l.tv = l.room.NewTelevision(cectest.Habits{Vendor: cec.Sony, Boot: time.Second}, l.port)
	open := func(cec.Claim) cec.Bus {
		l.opened++
		l.bus = cectest.NewBus(l.room, l.port)
		return l.bus
	}
	l.Station = New(settings, open, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	go func() { l.done <- l.Station.Run(ctx) }()
	gathered := make(chan struct{})
	go func() {
		defer close(gathered)
		for r := range l.Reports() {
			l.reports = append(l.reports, r)
		}
	}()
	t.Cleanup(func() {
		stop()
		if err := <-l.done; err != nil {
			t.Error(err)
		}
		<-gathered
	})
	l.settle(time.Second)
	return l
}

// settle lets time go by.
func (l *living) settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sent counts frames that the log says went out, by opcode.
func (l *living) sent(op cec.Opcode) int {
	n := 0
	for _, e := range l.Frames() {
		if e.Out && e.Frame.Opcode() == op {
			n++
		}
	}
	return n
}

func on() Settings {
	return Settings{Config: playback.Default(), Name: "Usher", Vendor: cec.NoVendor}
}

func TestShowsAFilm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, on())
		l.Do(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot})
		l.Do(cec.ShowPicture{Cause: cec.CausePlay, Detail: "a film"})
		l.settle(10 * time.Second)
		if !l.tv.ShowsBox() {
			t.Error("the television does not show the box")
		}
		v := l.View()
		if !v.Active || v.TVPower != cec.PowerOn || v.Link.Physical != 0x1000 || v.Woke.Why.From != "a person started a title (a film)" {
			t.Errorf("view %+v", v)
		}
		l.bus.Do(func() { l.tv.Press(cec.UIPause, 100*time.Millisecond) })
		l.settle(time.Second)
		l.bus.Do(l.tv.PressPower)
		l.settle(time.Second)
		want := []string{"KeyReport", "KeyReport", "PowerChanged", "SourceChanged", "StandbyAsked"}
		l.stop()
		<-l.done
		l.done <- nil
		synctest.Wait()
		if got := kinds(l.reports); !strings.Contains(got, strings.Join(want, " ")) {
			t.Errorf("reports %s", got)
		}
	})
}

// kinds are the types of reports.
func kinds(reports []cec.Report) string {
	var names []string
	for _, r := range reports {
		switch r.(type) {
		case cec.KeyReport:
			names = append(names, "KeyReport")
		case cec.StandbyAsked:
			names = append(names, "StandbyAsked")
		case cec.SourceChanged:
			names = append(names, "SourceChanged")
		case cec.PowerChanged:
			names = append(names, "PowerChanged")
		case cec.LinkChanged:
			names = append(names, "LinkChanged")
		default:
			names = append(names, "other")
		}
	}
	return strings.Join(names, " ")
}

func TestOffOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := on()
		settings.Mode = playback.ModeOff
		l := live(t, settings)
		l.Do(cec.ShowPicture{Cause: cec.CausePlay})
		l.settle(time.Hour)
		if l.opened != 0 || len(l.Frames()) != 0 {
			t.Errorf("opened %d times, frames %v", l.opened, l.Frames())
		}
		l.Configure(on())
		l.settle(time.Second)
		if l.opened != 1 || l.View().Link.Logical != cec.Playback1 {
			t.Errorf("turned on: opened %d times, %+v", l.opened, l.View().Link)
		}
		l.Configure(settings)
		l.settle(time.Second)
		if l.View().Link.Attached {
			t.Error("turned off, it is still attached")
		}
	})
}

func TestSaysGoodBye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, on())
		l.Do(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot})
		l.Do(cec.ShowPicture{Cause: cec.CausePlay})
		l.settle(10 * time.Second)
		l.stop()
		if err := <-l.done; err != nil {
			t.Error(err)
		}
		l.done <- nil
		if l.sent(cec.OpInactiveSource) != 1 || l.tv.ShowsBox() {
			t.Errorf("Inactive Source sent %d times, shown %t", l.sent(cec.OpInactiveSource), l.tv.ShowsBox())
		}
	})
}

func TestAnotherNameIsAnotherClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, on())
		other := on()
		other.Wake = playback.WakeNever
		l.Configure(other) // no claim of its own
		l.settle(time.Second)
		if l.opened != 1 {
			t.Errorf("opened %d times for a rule", l.opened)
		}
		other.Name = "Kino"
		l.Configure(other)
		l.settle(time.Second)
		if l.opened != 2 || !l.View().Link.Attached {
			t.Errorf("opened %d times for a name, attached %t", l.opened, l.View().Link.Attached)
		}
	})
}

func TestManyActsAreBounded(t *testing.T) {
	s := New(on(), func(cec.Claim) cec.Bus { return nil }, slog.New(slog.DiscardHandler))
	for range 10 * actLimit {
		s.Do(cec.AskPower{})
	}
	if len(s.acts) != actLimit {
		t.Errorf("%d acts wait", len(s.acts))
	}
}

// broken is a bus that cannot run.
type broken struct{ events chan cec.BusEvent }

var errBroken = errors.New("broken")

func (b broken) Run(context.Context) error   { close(b.events); return errBroken }
func (b broken) Transmit(cec.Outgoing)       {}
func (b broken) Events() <-chan cec.BusEvent { return b.events }

func TestBrokenBusIsAnError(t *testing.T) {
	s := New(on(), func(cec.Claim) cec.Bus { return broken{make(chan cec.BusEvent)} }, slog.New(slog.DiscardHandler))
	if err := s.Run(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
