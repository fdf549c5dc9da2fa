package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"usher/cache"
	"usher/cache/prefetch"
	"usher/cache/serve"
	"usher/device/panel"
	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/config"
	"usher/internal/daemon"
	profiles "usher/internal/household"
	"usher/internal/leases"
	"usher/internal/network"
	"usher/internal/phone"
	"usher/internal/purchase"
	"usher/internal/service"
	"usher/internal/state"
	"usher/internal/trace"
	"usher/internal/ui"
	"usher/internal/viewers"
	"usher/internal/wipe"
	"usher/systemd"
)

// appliance is everything that runs in one usherd. build opens the parts, in
// the order of the fields; close closes them in the opposite order.
type appliance struct {
	cfg     *config.Loaded
	log     *slog.Logger
	folders folders

	manager *systemd.Notifier
	handed  []net.Listener // sockets that the service manager opened
	alive   func() time.Time

	state    *state.Store
	people   *profiles.Household
	till     *purchase.Till
	viewers  *viewers.Viewers
	page     net.Listener
	media    net.Listener
	socket   net.Listener
	cache    *cache.Cache
	origin   *serve.Origin
	edges    edges
	account  accountEdge
	leases   *leases.Keeper
	site     siteEdge
	catalog  *catalog.Client
	titles   *titles
	kits     *prefetch.Runner
	player   playerEdge
	daemon   *daemon.Daemon
	bridge   *ui.Bridge
	remote   remoteEdge
	panel    *panel.Panel
	buttons  *panel.Buttons
	tv       tvEdge
	firmware firmwareEdge
	sleeper  *sleeper
	tracer   *trace.Tracer // nil: nobody wants traces
	choices  choices
	phones   *phone.Phones
	uplink   metering
	network  *network.Network
	radio    network.Radio // nil: nothing sees to Wi-Fi

	again    func(error) // ends the daemon for a reason
	wiping   wipe.Order
	wiped    bool
	closers  []func() error
	measures measures
}

// build opens every part and starts none. What it opened has to be closed
// also when it ends with an error.
func build(cfg *config.Loaded, log *slog.Logger) (*appliance, error) {
	a := &appliance{cfg: cfg, log: log}
	for _, step := range []func() error{
		a.openManager, a.openFolders, a.finishWipe, a.openSite, a.openState, a.afterWipe, a.openTracer, a.openPeople, a.openListeners, a.leaveHanded, a.openEdges,
		a.openCache, a.openAccounts, a.openCatalog, a.openLeases, a.openTill, a.openViewers, a.openPrefetch, a.openPlayer, a.openPanel, a.openRemotes, a.openTV, a.openSleeper, a.openSpeech, a.openSettings, a.openPhones, a.openFirmware, a.openNetwork, a.openDaemon, a.openBridge,
	} {
		if err := step(); err != nil {
			return a, err
		}
	}
	return a, nil
}

// later has something closed at the end.
func (a *appliance) later(closer func() error) { a.closers = append(a.closers, closer) }

// close closes what build opened, the last first.
func (a *appliance) close() error {
	var problems []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		problems = append(problems, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(problems...)
}

func (a *appliance) openFolders() (err error) {
	a.later(func() error {
		var problems []error
		for _, dir := range a.folders.temp {
			problems = append(problems, os.RemoveAll(dir))
		}
		return errors.Join(problems...)
	})
	a.folders, err = findFolders(a.cfg)
	return err
}

func (a *appliance) openState() (err error) {
	if a.state, err = state.Open(a.folders.state, state.Options{}); err != nil {
		return err
	}
	a.later(a.state.Close)
	return nil
}

func (a *appliance) openListeners() (err error) {
	if a.page, err = a.listen("tcp", "-listen", a.cfg.Listen); err != nil {
		return err
	}
	a.later(closed(a.page))
	if a.media, err = a.listen("tcp", "-media", a.cfg.Media); err != nil {
		return err
	}
	a.later(closed(a.media))
	if a.socket, err = a.listen("unix", "-socket", a.folders.socket); err != nil {
		return err
	}
	if a.cfg.Demo {
		a.later(func() error {
			_ = os.Remove(filepath.Dir(a.folders.socket)) // when nothing else is in it
			return nil
		})
	}
	a.later(closed(a.socket))
	return nil
}

// pageOrigins are the web origins under which a browser on this machine has
// the page.
func pageOrigins(addr net.Addr) []string {
	port := strconv.Itoa(addr.(*net.TCPAddr).Port)
	return []string{"http://127.0.0.1:" + port, "http://localhost:" + port}
}

// closed closes a listener that its server may have closed already.
func closed(l io.Closer) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

func (a *appliance) openCache() (err error) {
	a.cache, err = cache.Open(cache.Options{
		Memory: int64(a.cfg.Cache.RAM), Disk: int64(a.cfg.Cache.Disk),
		Folder: filepath.Join(a.folders.cache, "objects"), Logger: a.part("cache"), Health: a.cacheTrouble,
	})
	if err != nil {
		return &startError{err: fmt.Errorf("open the cache: %w", err), code: exitFolder, hint: "choose another place: -cache DIR"}
	}
	a.later(a.cache.Close)
	a.origin = serve.New(serve.Options{
		Store: a.cache, Base: "http://" + a.media.Addr().String(), Logger: a.part("origin"),
		Pages:  pageOrigins(a.page.Addr()),
		Notify: a.originTrouble, Waiting: func() { a.kits.Wake() }, Live: a.liveMoved, AllowPrivate: a.edges.private,
		UserAgent: "usher/" + version, StartBandwidth: int(a.cfg.Cache.StartBandwidth),
		MaxHeight: a.cfg.Cache.MaxHeight, Hold: time.Duration(a.cfg.Cache.Hold),
		Ahead: time.Duration(a.cfg.Cache.Ahead), Held: a.originHolds, Ended: a.originEnded,
		Connections: a.cfg.Cache.Connections, Tokens: a.cfg.Tokens(),
	})
	a.later(func() error { a.origin.Shutdown(); return nil })
	return nil
}

// healthCache is the health code of the cache's disk.
const healthCache = "cache_disk"

// cacheTrouble passes on what is wrong with the disk of the cache; nil is that
// it works again. What is wrong from the start is told by openDaemon.
func (a *appliance) cacheTrouble(p *cache.Problem) {
	if a.daemon != nil {
		a.daemon.Tell(box.HealthChanged{Code: healthCache, Problem: cacheProblem(p)})
	}
}

func cacheProblem(p *cache.Problem) *box.Problem {
	if p == nil {
		return nil
	}
	return &box.Problem{Code: healthCache, Text: p.Text, Hint: p.Hint}
}

// originTrouble passes on what the origin meets while a film is on.
func (a *appliance) originTrouble(tag uint64, t *serve.Trouble) {
	e := box.UpstreamTrouble{Session: tag}
	if t != nil {
		e.Problem = new(wordsFor(t))
	}
	a.daemon.Tell(e)
}

func (a *appliance) openCatalog() error {
	a.catalog = catalog.New(catalog.Options{
		Services: a.edges.services, Country: a.cfg.Country, Logger: a.part("catalog"),
		CacheDir: filepath.Join(a.folders.cache, "catalogues"),
		Client:   &http.Client{}, Viewer: a.people.Viewer, Account: a.account.send, Permit: a.permit,
		Seen: func(s box.Service) { a.daemon.Tell(box.ServiceSeen{Service: s}) },
	})
	return nil
}

func (a *appliance) openDaemon() error {
	start, err := a.settled(box.New(version, a.cfg.Demo))
	if err != nil {
		return err
	}
	start.TV.Edge, start.TV.Speaks = a.tv.station != nil, a.cfg.TV.Language == "yes" && a.cfg.Language == ""
	start.Power.Settings.Idle = time.Duration(a.cfg.Power.Idle)
	start.Health = append(start.Health, a.state.Warnings()...)
	for _, bad := range []*box.Problem{a.remote.bad, a.tv.bad} {
		if bad != nil {
			start.Health = append(start.Health, *bad)
		}
	}
	a.account.start(&start)
	if p := cacheProblem(a.cache.Stats().Problem); p != nil {
		start.Health = append(start.Health, *p)
	}
	options := daemon.Options{
		Player: a.player.conn, Origin: originEdge{a.origin, a.closing}, Catalogue: a.catalog, Keeper: a.viewers, Tracks: a.player.tracks, Slept: slept,
		Start: start, Logger: a.part("daemon"), Follow: a.follow, Expect: a.expect, Front: a.front(), Power: a.powerEdges(),
		Accounts: a.account.forDaemon(), Firmware: a.firmware.forDaemon(), Network: a.network.Do, Rights: rightsEdge{a},
	}
	if a.tracer != nil {
		options.Trace = a.tracer
	}
	a.daemon = daemon.New(options)
	a.alive = a.daemon.Alive
	return nil
}

func (a *appliance) openBridge() (err error) {
	page, hand := a.pageFiles()
	options := ui.Options{
		Box: a.daemon, Catalogue: a.catalog, Doctor: doctor{a}, Explainer: why{a}, Cache: a.cacheEdge(), Files: page, Phones: newPhonesEdge(a.phones), PhonePage: hand, Version: version,
		Port: a.page.Addr().(*net.TCPAddr).Port, Media: "http://" + a.media.Addr().String(), Token: ui.NewToken(), Logger: a.part("bridge"),
		Metrics: a.metrics, Health: a.health, Remotes: a.remotesForBridge(), TV: a.tvForBridge(), Household: household{a}, Profiles: a.people, Sales: sales{a}, Insights: insights{a}, Wiper: wiper{a}, Site: a.site, WiFi: a.wifiForBridge(), Passphrases: tickets{a.network}, Caller: newCallers(a.cfg.Bridge.OEMUser).role, Journal: a.journal, Firmware: a.firmware.forBridge(),
	}
	if a.tracer != nil {
		options.Trace = a.tracer
	}
	a.bridge, err = ui.New(options)
	a.choices.list.ApplyAll()
	return err
}

func (a *appliance) part(name string) *slog.Logger { return a.log.With("part", name) }

// run runs every part until ctx ends.
func (a *appliance) run(ctx context.Context, stdout io.Writer) error {
	at := addresses{
		Page:  "http://" + a.page.Addr().String() + "/",
		Media: "http://" + a.media.Addr().String() + "/", Socket: a.folders.socket, PID: os.Getpid(),
	}
	g := service.Group{Logger: a.log, Services: a.services()}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a.again = cancel
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	if err := announce(stdout, a.cfg.ReadyFile, a.cfg.Demo, at); err != nil {
		cancel(nil)
		return errors.Join(err, <-ended)
	}
	a.log.Info("Ready", "page", at.Page, "media", at.Media, "socket", at.Socket)
	a.tellManager(a.manager.Ready("Ready on " + at.Page))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	a.tellManager(a.manager.Stopping())
	err := <-ended
	if errors.Is(context.Cause(ctx), errAgain) {
		err = errors.Join(err, errAgain)
	}
	return err
}

// services are the running parts, those that others lean on first.
func (a *appliance) services() []service.Service {
	list := []service.Service{
		{Name: "daemon", Run: a.daemon.Run, Restart: service.Never},
		{Name: "bridge", Run: a.bridge.Run, Restart: service.Never},
		{Name: "catalog", Run: a.catalog.Run},
		{Name: "profiles", Run: a.people.Run},
		{Name: "purchases", Run: a.till.Run},
		{Name: "viewers", Run: a.viewers.Run},
		{Name: "link", Run: a.keepLink},
		{Name: "network", Run: a.network.Run},
		{Name: "prefetch", Run: a.kits.Run},
		{Name: "watchdog", Run: a.feedWatchdog, Restart: service.OnError},
		{Name: "settle", Run: settler{ring: int64(a.cfg.Cache.RAM)}.Run},
		httpService("page", a.page, a.bridge.Screen(), a.log),
		httpService("media", a.media, a.origin, a.log),
		httpService("socket", a.socket, a.bridge.Local(), a.log),
	}
	list = append(list, a.accountServices()...)
	list = append(list, a.site.services()...)
	list = append(list, a.traceServices()...)
	list = append(list, a.remoteServices()...)
	list = append(list, a.panelServices()...)
	list = append(list, a.tvServices()...)
	list = append(list, a.sleeper.services()...)
	list = append(list, a.firmware.services()...)
	list = append(list, a.choices.services()...)
	list = append(list, a.phoneServices()...)
	list = append(list, a.uplink.services()...)
	list = append(list, a.player.services...)
	return append(list, a.edges.running...)
}
