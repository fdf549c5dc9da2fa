package main

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// cost is what a key costs the page's thread with all that follows from it, in
// ms of processor time: unlike the time until something is seen, it is the same
// on a busy machine.
type cost struct {
	name                       string
	script, style, layout, all float64
}

// measureCost presses keys as a person does, who looks at what comes.
func measureCost(ctx context.Context, page string) ([]cost, error) {
	ctx, stop := browser(ctx)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080), chromedp.Navigate(page)); err != nil {
		return nil, err
	}
	if err := wait(ctx, `document.querySelectorAll(".on-home .tile").length > 3`); err != nil {
		return nil, err
	}
	time.Sleep(2 * time.Second) // pictures have come
	var found []cost
	for _, way := range []struct {
		name string
		keys []string
	}{
		{"along a rail", []string{kb.ArrowRight, kb.ArrowRight, kb.ArrowRight, kb.ArrowRight, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft}},
		{"to another rail", []string{kb.ArrowDown, kb.ArrowDown, kb.ArrowDown, kb.ArrowUp, kb.ArrowUp, kb.ArrowUp}},
	} {
		c, err := costOf(ctx, way.keys, 4)
		if err != nil {
			return nil, fmt.Errorf("measure moves %s: %w", way.name, err)
		}
		c.name = way.name
		found = append(found, c)
	}
	return found, nil
}

const looks = 450 * time.Millisecond // at what came of a key

// costOf is the mean of one key; what is fetched once is fetched before.
func costOf(ctx context.Context, keys []string, rounds int) (cost, error) {
	var before, after cost
	for round := range rounds + 1 {
		if round == 1 {
			var err error
			if before, err = spent(ctx); err != nil {
				return cost{}, err
			}
		}
		for _, key := range keys {
			if err := press(ctx, key, 0); err != nil {
				return cost{}, err
			}
			time.Sleep(looks)
		}
	}
	after, err := spent(ctx)
	n := float64(rounds * len(keys))
	return cost{
		script: (after.script - before.script) / n, style: (after.style - before.style) / n,
		layout: (after.layout - before.layout) / n, all: (after.all - before.all) / n,
	}, err
}

// spent is what the page's thread has spent so far, ms.
func spent(ctx context.Context) (c cost, err error) {
	err = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
			return err
		}
		got, err := cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		of := map[string]*float64{"ScriptDuration": &c.script, "RecalcStyleDuration": &c.style, "LayoutDuration": &c.layout, "TaskDuration": &c.all}
		for _, m := range got.Metrics {
			if to := of[m.Name]; to != nil {
				*to = m.Value * 1000
			}
		}
		return nil
	}))
	return c, err
}
