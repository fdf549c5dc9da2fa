package ui

import (
	"encoding/json"
	"reflect"

	"usher/device/remote"
	"usher/internal/box"
)

// publish tells the hub what differs between the last view and this one; all
// of it when there is no last one.
func (b *Bridge) publish(view box.View, last *box.View) {
	if last == nil || !reflect.DeepEqual(view.Playback, last.Playback) {
		b.publishState(topicPlayback, view.Playback)
	}
	if last == nil || !reflect.DeepEqual(view.System, last.System) {
		b.publishState(topicSystem, tidySystem(view.System))
	}
	if last == nil || !reflect.DeepEqual(view.Tracks, last.Tracks) {
		b.publishState(topicTracks, tidyTracks(view.Tracks))
	}
	if last == nil || !reflect.DeepEqual(view.Pairing, last.Pairing) {
		b.publishState(topicPairing, tidyPairing(view.Pairing))
	}
	if last == nil || !reflect.DeepEqual(view.Network, last.Network) {
		b.publishState(topicNetwork, tidyNetwork(view.Network))
	}
	others := last == nil || othersKnown(view, *last)
	if others || !reflect.DeepEqual(view.Household, last.Household) {
		b.publishState(topicHousehold, b.tidyHousehold(view.Household))
	}
	if others || !reflect.DeepEqual(view.Sale, last.Sale) {
		b.publishState(topicPurchase, b.tidySale(view.Sale))
	}
	if others || !sameMap(view.Progress, last.Progress) {
		now := b.tidyProgress(view.Progress)
		b.publishProgress(now, b.shown)
		b.shown = now
	}
}

// othersKnown says whether other titles may be known than in the last view.
func othersKnown(view, last box.View) bool {
	return view.Household.Revision != last.Household.Revision || !reflect.DeepEqual(view.System.Services, last.System.Services)
}

// publishProgress tells of the titles whose position changed: thousands may
// have been watched, and the view changes every second.
func (b *Bridge) publishProgress(after, before map[string]box.Progress) {
	p := patch{}
	for id, now := range after {
		if was, known := before[id]; known && was == now {
			continue
		}
		text, err := json.Marshal(now)
		if err != nil {
			b.logger.Error("State cannot be encoded", "topic", string(topicProgress), "error", err)
			continue
		}
		p[id] = text
	}
	for id := range before {
		if _, still := after[id]; !still {
			p[id] = nil
		}
	}
	if len(p) > 0 {
		b.hub.publishPatch(topicProgress, p)
		b.counts.events.Add(1)
	}
}

// sameMap says that two maps are one: the box never changes a map in place.
func sameMap[K comparable, V any](a, b map[K]V) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}

func (b *Bridge) publishState(name topicName, state any) {
	data, err := json.Marshal(state)
	if err != nil { // such as a volume that is not a number: the next state may be right again
		b.logger.Error("State cannot be encoded", "topic", string(name), "error", err)
		return
	}
	b.step("topic", func() { b.hub.publish(name, data) }, "topic", string(name))
	b.counts.events.Add(1)
}

func (b *Bridge) publishKey(key remote.Event) {
	var err error
	b.step("topic", func() { err = b.hub.emitKey(key) }, "topic", string(topicKeys))
	if err != nil {
		b.logger.Error("Key cannot be encoded", "error", err)
		return
	}
	b.counts.events.Add(1)
}

// tidySystem has lists where there are none, so that clients need not ask.
func tidySystem(v box.SystemView) box.SystemView {
	v.Services = some(v.Services)
	v.Problems = some(v.Problems)
	v.Power.Inhibitors = some(v.Power.Inhibitors)
	return v
}

// some is the list, empty instead of nil: [] in JSON, not null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
