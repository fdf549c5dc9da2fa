package main

import (
	"fmt"
	"io"
)

// cacheKits are the start kits in the answer of cache.status.
type cacheKits struct {
	Made, Used, Refused, Failed, Interrupted      uint64
	Bytes, UsedBytes, FlashBytes                  int64
	DayBytes, DayBudget, FlashDay, FlashBudget    int64
	Starts, QuickStarts, KitStarts, QuickWithKits uint64
	Idle                                          string
}

// figures says what came of them.
func (k *cacheKits) figures(w io.Writer) {
	if k == nil {
		return
	}
	fmt.Fprintf(w, "Start kits\t%d made, %d used; %d interrupted, %d refused, %d failed\n", k.Made, k.Used, k.Interrupted, k.Refused, k.Failed)
	fmt.Fprintf(w, "Kit bytes\t%s, %s of it used; today %s of %s, for flash %s of %s\n", size(k.Bytes), size(k.UsedBytes),
		size(k.DayBytes), size(k.DayBudget), size(k.FlashDay), size(k.FlashBudget))
	fmt.Fprintf(w, "Starts\t%d, %d of them within 0.3 s; with a kit %d, %d of them within 0.3 s\n", k.Starts, k.QuickStarts, k.KitStarts, k.QuickWithKits)
	if text := idleWords(k.Idle); text != "" {
		fmt.Fprintf(w, "Kits rest\t%s\n", text)
	}
}

// idleWords says why nothing is fetched ahead; "" when it may be.
func idleWords(why string) string {
	return map[string]string{
		"off":            "they are switched off (prefetch.kits)",
		"metered":        "the network is paid for by the byte (network.metered)",
		"budget":         "the budget of the day is used up (prefetch.day)",
		"waste":          "too few of them were used; watch something",
		"film_first":     "the film that is on needs the link",
		"player_waited":  "the player had to wait a moment ago",
		"service_busy":   "a service said that it is asked too much",
		"one_connection": "the service takes one connection, and a film is on",
	}[why]
}
