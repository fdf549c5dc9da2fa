package ui

import "context"

// explainer says why the box did what it did. Why does not block; its error may
// be a *box.Problem.
type explainer interface {
	Why(ctx context.Context, topic string) ([]Reason, error)
}

// Reason is one line of an explanation, English, for installers and engineers.
type Reason struct {
	Subject string `json:"subject"` // short, lower case, such as "picture"
	Text    string `json:"text"`
}

type whyParams struct {
	Topic string `json:"topic"`
}

// why answers system.why.
func (b *Bridge) why(ctx context.Context, _ *session, p whyParams) (any, error) {
	reasons := []Reason{}
	if b.explainer != nil {
		found, err := b.explainer.Why(ctx, p.Topic)
		if err != nil {
			return nil, err
		}
		reasons = append(reasons, found...)
	}
	return map[string]any{"topic": p.Topic, "reasons": reasons}, nil
}
