// Command mock serves the ten-foot page with everything behind it except a
// player, a service and a network: the real bridge and the real core, an
// invented catalogue with drawn pictures, and a player that only counts.
//
//	go run ./internal/ui/web/mock [-listen 127.0.0.1:8797] [-dist DIR] [-service URL] [-video] [-simulated] [-empty]
//
// With -service it shows the catalogue of a service, such as boxoffice,
// instead of its own.
//
// Some titles misbehave, to show the page's other faces: "Slow Water" stalls,
// "Broken Reel" breaks off, "Not Yet" is refused.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"usher/internal/ui"
	"usher/internal/ui/web"
	"usher/player"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8797", "loopback address to serve the page on")
	dist := flag.String("dist", "", "serve the page from this folder instead of the built-in one")
	service := flag.String("service", "", "show the catalogue of the service at this URL")
	video := flag.Bool("video", false, "claim that the player shows a picture")
	simulated := flag.Bool("simulated", false, "claim that the player is simulated")
	empty := flag.Bool("empty", false, "a service that cannot be reached")
	flag.Parse()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	info := player.Info{Identity: "mpv", Video: *video, Simulated: *simulated, Can: player.Can{Seek: true, SeekFMP4: true, Volume: true, Rate: true}}
	s, err := newShop(ctx, *service, *empty)
	if err == nil {
		err = serve(ctx, *listen, *dist, s, info, logger)
	}
	if err != nil {
		logger.Error("Mock ended", "error", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, listen, dist string, s *shop, info player.Info, logger *slog.Logger) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	files := web.Files()
	if dist != "" {
		files = fs.FS(os.DirFS(dist))
	}
	stage := newStage(s, info)
	b, err := ui.New(ui.Options{
		Box: stage, Catalogue: s, Files: files, Version: "mock", Token: ui.NewToken(), Logger: logger,
		Port: l.Addr().(*net.TCPAddr).Port,
	})
	if err != nil {
		return errors.Join(fmt.Errorf("make bridge: %w", err), l.Close())
	}
	server := &http.Server{Handler: b.Screen(), ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("http://%s/\n", l.Addr())
	ended := make(chan error, 3)
	go func() { ended <- stage.run(ctx) }()
	go func() { ended <- b.Run(ctx) }()
	go func() { ended <- server.Serve(l) }()
	<-ctx.Done()
	err = server.Close()
	for range 3 {
		<-ended
	}
	return err
}
