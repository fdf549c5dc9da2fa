package box

import (
	"slices"

	"usher/device/remote"
)

// hiddenKey is what is recorded of a key that may be a letter of a secret.
const hiddenKey remote.Key = "hidden"

// Recorded is e, which is about to be taken in at s, as it may be kept and told
// to others: while somebody enters a PIN or a password on the screen, keys that
// move the focus and press what has it are one like the other, because from
// their order the secret could be read. Next makes the same state of both.
func Recorded(s State, e Event) Event {
	if k, ok := e.(KeyPressed); ok && s.Focus.Secret && writes(k.Key.Key) {
		k.Key.Key = hiddenKey
		return k
	}
	return e
}

// writes says whether a key may be one of those that a secret is entered with.
// None of them means anything to the core itself.
func writes(k remote.Key) bool {
	switch k {
	case remote.Up, remote.Down, remote.Left, remote.Right, remote.OK, remote.Back, remote.Num0, remote.Num1, remote.Num2, remote.Num3,
		remote.Num4, remote.Num5, remote.Num6, remote.Num7, remote.Num8, remote.Num9:
		return true
	}
	return false
}

// RecordedEffects are the effects of e, taken in at s, as Recorded has the event.
func RecordedEffects(s State, e Event, fx []Effect) []Effect {
	if _, ok := e.(KeyPressed); !ok || !s.Focus.Secret {
		return fx
	}
	out := slices.Clone(fx)
	for i, f := range out {
		if k, ok := f.(EmitKey); ok && writes(k.Key.Key) {
			k.Key.Key = hiddenKey
			out[i] = k
		}
	}
	return out
}
