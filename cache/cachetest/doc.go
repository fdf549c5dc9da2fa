// Package cachetest holds what tests of the cache need: [Store], the
// conformance suite that every cache.Store passes, and [Origin], a service
// inside the process that makes HLS streams and misbehaves on demand.
//
// An Origin is an http.Handler: put it behind httptest.NewServer. Its bytes
// depend on names only, so that a test can tell what a reader must get. It
// starts no goroutine; a stalled answer ends with its request or with the
// fault. The package is for tests and opens nothing by itself.
package cachetest
