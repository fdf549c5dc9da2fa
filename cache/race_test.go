//go:build race

package cache

// Raced says that the race detector runs: what takes long is done less often.
const Raced = true
