package bundle

import (
	"encoding/json"
	"fmt"

	"usher/internal/jws"
)

// Sign makes a bundle of what the JSON payload says. What no box would take is
// an error.
func Sign(payload []byte, k jws.Key) (string, error) {
	b, err := decode(payload)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return "", fmt.Errorf("encode bundle: %w", err)
	}
	compact := k.Sign(Type, body)
	if len(compact) > MaxBytes {
		return "", fmt.Errorf("%w: %d bytes, and %d are the most; sign fewer boxes at once", ErrDamaged, len(compact), MaxBytes)
	}
	return compact, nil
}
