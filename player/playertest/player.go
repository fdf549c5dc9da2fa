package playertest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of the simulated player.
const (
	SimulatedName     = "usher_simulated"        // bus name after org.mpris.MediaPlayer2.
	SimulatedIdentity = "Usher simulated player" // MPRIS Identity
)

// Options says how the fake player appears. Logger and one of Dial and Address
// must be set.
type Options struct {
	Dial     func(context.Context) (io.ReadWriteCloser, error) // connects to the bus, such as Bus.Dial
	Address  string                                            // D-Bus address, when Dial is nil
	Name     string                                            // bus name after org.mpris.MediaPlayer2.; empty: SimulatedName
	Identity string                                            // empty: SimulatedIdentity
	Client   *http.Client                                      // fetches the streams; nil: one that follows no proxy
	Quirks   Quirks
	Logger   *slog.Logger
}

// Player is an MPRIS player that really fetches what it plays and shows nothing.
type Player struct {
	o    Options
	deck *deck

	mu     sync.Mutex
	quirks Quirks
	conn   *dbus.Conn
	reel   *reel
	cancel context.CancelFunc // ends the present reel
	wg     sync.WaitGroup
	ctx    context.Context // of Run
	hold   chan struct{}   // closed when a hang ends
	calls  map[string]int  // by member, for tests
	called map[string]time.Time
	reads  int // of the position, for JumpsBack
}

// NewPlayer allocates a player; Run puts it on the bus.
func NewPlayer(o Options) *Player {
	if o.Name == "" {
		o.Name = SimulatedName
	}
	if o.Identity == "" {
		o.Identity = SimulatedIdentity
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	}
	return &Player{o: o, deck: newDeck(), quirks: o.Quirks, hold: make(chan struct{}), calls: map[string]int{}, called: map[string]time.Time{}}
}

// State is what the player truly does, whatever it says on the bus.
func (p *Player) State() State { return p.deck.state() }

// Calls is how often a member of the player interface was called.
func (p *Player) Calls(member string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[member]
}

// LastCall is when a member of the player interface was called last; zero: never.
func (p *Player) LastCall(member string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.called[member]
}

// SetQuirks changes the quirks from now on.
func (p *Player) SetQuirks(q Quirks) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quirks.Hung && !q.Hung {
		close(p.hold)
		p.hold = make(chan struct{})
	}
	p.quirks = q
}

// Run is on the bus until ctx ends or the bus closes the connection.
func (p *Player) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	conn, err := p.connect(ctx)
	if err != nil {
		cancel()
		return fmt.Errorf("put the simulated player on the bus: %w", err)
	}
	p.mu.Lock()
	p.ctx, p.conn = ctx, conn
	p.mu.Unlock()
	defer p.leave(cancel, conn)
	if err := p.export(conn); err != nil {
		return fmt.Errorf("export the simulated player: %w", err)
	}
	if _, err := conn.RequestName("org.mpris.MediaPlayer2."+p.o.Name, dbus.NameFlagDoNotQueue|dbus.NameFlagReplaceExisting); err != nil {
		return fmt.Errorf("name the simulated player: %w", err)
	}
	<-conn.Context().Done()
	return context.Cause(conn.Context())
}

func (p *Player) connect(ctx context.Context) (*dbus.Conn, error) {
	if p.o.Dial == nil {
		return dbus.Connect(p.o.Address, dbus.WithContext(ctx))
	}
	rw, err := p.o.Dial(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := dbus.NewConn(rw, dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if err := conn.Auth(nil); err != nil {
		return nil, err
	}
	return conn, conn.Hello()
}

// leave ends everything that Run began.
func (p *Player) leave(cancel context.CancelFunc, conn *dbus.Conn) {
	cancel()
	_ = conn.Close() // closed already is as good
	p.mu.Lock()
	p.conn = nil
	p.mu.Unlock()
	p.wg.Wait()
	p.deck.clear()
	p.o.Client.CloseIdleConnections()
}

// start plays address in place of what plays now.
func (p *Player) start(address string) {
	p.halt()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return // off the bus already
	}
	ctx, cancel := context.WithCancel(p.ctx)
	r := &reel{track: p.deck.open(address, p.quirks.HoldsPause), client: p.o.Client, deck: p.deck, jumps: make(chan struct{}, 1)}
	p.reel, p.cancel = r, cancel
	p.wg.Go(func() {
		err := r.play(ctx, address)
		if ctx.Err() != nil {
			return // someone else ended it
		}
		cancel()
		p.o.Logger.Debug("Simulated playback ended", "error", err)
		p.deck.over(r.track)
		p.changed("PlaybackStatus", "Metadata")
	})
}

// halt ends the present reel, without a word.
func (p *Player) halt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
}

// move jumps to a position and tells the reel.
func (p *Player) move(reel *reel, q Quirks, pos int64) {
	p.deck.jump(micros(pos))
	if reel != nil {
		select {
		case reel.jumps <- struct{}{}:
		default:
		}
	}
	if !q.NoSeeked {
		p.emit("org.mpris.MediaPlayer2.Player.Seeked", pos)
	}
}
