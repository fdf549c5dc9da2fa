// Package office is the reference service: a catalogue, playback and streams
// behind the service API of docs/openapi.yaml, as one http.Handler.
//
// It exists to develop and show Usher against; nothing in Usher knows it
// beyond that API. All of the catalogue is embedded, so New reads no file; the
// streams are files made by make-streams.sh and may appear or change while the
// handler serves. A title whose stream is missing is refused with a problem
// that says how to make it.
//
// Requests may block on the disk for stream files; those of the low-latency
// channel wait for what is not on the air yet, up to three target durations. The
// package starts no goroutine, keeps at most a thousand playbacks in memory,
// and never logs a request's query.
package office
