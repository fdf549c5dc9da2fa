package ui

import (
	"encoding/json"
	"testing"
)

// TestEveryTopicAtOnce: the page follows all there are with one call.
func TestEveryTopicAtOnce(t *testing.T) {
	p := newBench(t).join(t)
	names, err := json.Marshal(topicNames())
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Topics map[topicName]point }
	p.call("topic.subscribe", `{"topics":`+string(names)+`}`, &got)
	if len(got.Topics) != len(topicNames()) {
		t.Errorf("%d topics, want %d", len(got.Topics), len(topicNames()))
	}
}
