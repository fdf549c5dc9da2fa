package cache

// Flash wears out with what is written. Of each bytes that readers got, one
// part in wearParts may be written of its own accord; wearBurst is there from
// the start and the most that is saved up. With an hour of film at 8 Mb/s,
// that is less than one per cent in the first hour and half of it later.
const (
	wearParts = 200
	wearBurst = 16 << 20
)

// wear keeps the account. It is not locked.
type wear struct {
	allowance int64  // bytes; below zero after a download
	written   uint64 // bytes, in the life of the folder
	rest      int64  // bytes served that made no whole byte yet
}

func newWear() wear { return wear{allowance: wearBurst} }

// earn credits what was served.
func (w *wear) earn(served int64) {
	w.rest += served
	w.allowance = min(w.allowance+w.rest/wearParts, wearBurst)
	w.rest %= wearParts
}

// spend debits what was written. A debt is no larger than the burst, so that
// a download does not stop everything else for days.
func (w *wear) spend(written uint64) {
	w.written += written
	w.allowance = max(w.allowance-int64(written), -wearBurst)
}
