// Command tv shows the page in a kiosk Chromium on the display that DISPLAY
// names, with a clear background. For each line of its standard input, the name
// of a file, it keeps the page's plane there as a PNG with transparency: what a
// box hands to its display controller to be laid over the film's plane. It ends
// with its input. Chromium has no flag for a clear background in a window; its
// DevTools have a command.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

func main() {
	page := flag.String("page", "", "address of the page")
	flag.Parse()
	if err := run(context.Background(), *page); err != nil {
		fmt.Fprintln(os.Stderr, "tv:", err)
		os.Exit(1)
	}
}

// background is the DevTools command; the library's own leaves out an alpha of
// zero, which then means one.
func background() cdp.Command[map[string]any, cdp.Empty] {
	return cdp.Command[map[string]any, cdp.Empty]{Method: "Emulation.setDefaultBackgroundColorOverride"}
}

func run(ctx context.Context, page string) error {
	if page == "" || os.Getenv("DISPLAY") == "" {
		return errors.New("give a page, and a display in DISPLAY")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("headless", false), chromedp.Flag("kiosk", true), chromedp.Flag("enable-automation", false),
		chromedp.Flag("enable-transparent-visuals", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("lang", "en"),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("window-position", "0,0"), chromedp.WindowSize(1920, 1080))
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, opts...)
	defer stopAlloc()
	ctx, stop := chromedp.NewContext(alloc)
	defer stop()
	clear := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, background(), map[string]any{"color": map[string]int{"r": 0, "g": 0, "b": 0, "a": 0}})
		return err
	})
	if err := chromedp.Do(ctx, chromedp.Navigate(page+"#behind"), clear); err != nil {
		return fmt.Errorf("show the page: %w", err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return fmt.Errorf("keep the page's plane: %w", err)
		}
		if err := os.WriteFile(lines.Text(), png, 0o644); err != nil {
			return err
		}
	}
	return nil
}
