package journal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
)

// secrets are the members that say where a film is, who may read it, or how an
// account is joined, by type. A test finds others that sound like it.
func secrets() []string {
	return []string{
		"offer.Playback.URL", "box.Profile.Name", "offer.Title.Poster", "offer.Title.Backdrop",
		"box.OriginOpened.URL", "offer.Playback.Thumbnails", "box.Trickplay.URL", "player.Captions.URL",
		"box.Account.UserCode", "box.Account.URI", "box.Account.Complete", "box.QR.Modules",
		"box.NetworkReport.Address", "box.NetworkReport.Hardware", "box.NetworkRadio.Name", "box.NetworkSeen.Name", "box.NetworkAttempt.Name",
		"box.NetworkJoinAsked.Name", "box.NetworkForgetAsked.Name",
		"box.NetworkRadio.SSID", "box.NetworkSeen.SSID", "box.NetworkAttempt.SSID", "box.NetworkJoinAsked.SSID", "box.NetworkForgetAsked.SSID",
		"box.SaleView.URI", "box.SaleView.ID", "box.SaleView.Receipt",
	}
}

// mask writes pseudonyms. The key is of this one file, so that two files say
// nothing about each other, and nobody can try out addresses.
type mask struct {
	key    [32]byte
	secret map[string]bool
}

func newMask() mask {
	m := mask{secret: map[string]bool{}}
	_, _ = rand.Read(m.key[:]) // never fails (crypto/rand)
	for _, s := range secrets() {
		m.secret[s] = true
	}
	return m
}

// hide is what is written for a member: itself, or a pseudonym that is equal
// where the member is, and empty where it is.
func (m mask) hide(t reflect.Type, field, text string) string {
	if text == "" || !m.secret[t.String()+"."+field] {
		return text
	}
	sum := hmac.New(sha256.New, m.key[:])
	_, _ = sum.Write([]byte(text)) // never fails (hash.Hash)
	return "hidden:" + hex.EncodeToString(sum.Sum(nil)[:8])
}
