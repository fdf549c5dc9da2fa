package phone

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"usher/internal/spake2"
)

// admit lets a phone in that showed the right code: it is on the disk then.
func (p *Phones) admit(w *window, keys *spake2.Keys, shown []byte, m message) (id string, left int, err error) {
	if left, why := p.guess(w, keys, shown); why != "" {
		p.logger.Info("Phone showed a wrong code", "left", left)
		return "", left, why
	}
	id, before, err := p.add(keys.Session, m)
	why := EndedPaired
	if err != nil {
		why = EndedCancelled
	}
	p.close(why)
	if before != "" {
		p.drop(true, func(l *Link) bool { return l.id == before })
	}
	return id, 0, err
}

// add stores the phone of a run, in the place of the one that it was before.
func (p *Phones) add(session [16]byte, m message) (id, before string, err error) {
	id, key, err := newPhone(session)
	if err != nil {
		return "", "", err
	}
	now := time.Now().UnixMilli()
	made := member{ID: id, Key: encode(key), PairedMS: now, SeenMS: now}
	err = p.change(func(r *record) error {
		if i := r.same(m, session); i >= 0 {
			before, made.Name = r.Phones[i].ID, r.Phones[i].Name
			r.Phones = slices.Delete(r.Phones, i, i+1)
		}
		if len(r.Phones) >= Most {
			return refusedBusy
		}
		r.Phones = append(r.Phones, made)
		return nil
	})
	if err != nil {
		return "", "", err
	}
	return id, before, nil
}

// same is the phone that a new one was until now, or -1. Ids are sent in the
// clear: without the proof one phone could put another one out.
func (r record) same(m message, session [16]byte) int {
	i := r.find(m.Was)
	if m.Was == "" || i < 0 {
		return -1
	}
	key, err := r.Phones[i].key()
	if err != nil {
		return -1
	}
	want, err := proofOf(key, session)
	shown, bad := base64.RawURLEncoding.DecodeString(m.Proof)
	if err != nil || bad != nil || subtle.ConstantTimeCompare(want, shown) != 1 {
		return -1
	}
	return i
}

// proofSize is as long as an id is not: nobody guesses it.
const proofSize = 16 // bytes

// proofOf shows, in this run only, that somebody has a phone's key.
func proofOf(key []byte, session [16]byte) ([]byte, error) {
	proof, err := hkdf.Key(sha256.New, append(slices.Clone(key), session[:]...), nil, infoProof, proofSize)
	if err != nil {
		return nil, fmt.Errorf("derive %s: %w", infoProof, err)
	}
	return proof, nil
}
