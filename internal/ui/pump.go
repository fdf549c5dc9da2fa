package ui

import (
	"encoding/json"
	"maps"
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
	// Thousands of titles may have been watched, and the view changes every second.
	if last == nil || !maps.Equal(view.Progress, last.Progress) {
		b.publishState(topicProgress, tidyProgress(view.Progress))
	}
}

func (b *Bridge) publishState(name topicName, state any) {
	data, err := json.Marshal(state)
	if err != nil { // such as a volume that is not a number: the next state may be right again
		b.logger.Error("State cannot be encoded", "topic", string(name), "error", err)
		return
	}
	b.hub.publish(name, data)
	b.counts.events.Add(1)
}

func (b *Bridge) publishKey(key remote.Event) {
	if err := b.hub.emitKey(key); err != nil {
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

func tidyProgress(p map[string]box.Progress) map[string]box.Progress {
	if p == nil {
		return map[string]box.Progress{}
	}
	return p
}

// some is the list, empty instead of nil: [] in JSON, not null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
