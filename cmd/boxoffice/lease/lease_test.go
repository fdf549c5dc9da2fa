package lease

import (
	"encoding/json"
	"testing"
	"time"

	"usher/cmd/boxoffice/shelf"
	"usher/internal/rights"
)

// TestBoxesReadLeases: what is signed here is what boxes verify, also by the
// key that was there before.
func TestBoxesReadLeases(t *testing.T) {
	kept := shelf.New()
	s, err := Open(kept)
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	compact, err := s.Sign(Claims{
		Issuer: "https://svc.example", Subject: "h", Audience: "box:k", Confirm: Confirm{"k"}, Issued: 1, Begins: 1, Expires: 9, ID: "r", Seq: 3,
		Grant: Grant{Content: "film", Model: "rental", Payment: "prepaid", Territory: []string{"DE"}, PlayFor: "PT48H", FirstPlay: first, Offline: "P30D", Streams: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(kept)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(again.Keys())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rights.ParseKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := rights.ParseLease(compact, keys, rights.Box{ID: "k", JKT: "k", Issuer: "https://svc.example"})
	if err != nil || l.Seq != 3 || time.Duration(l.Grant.PlayFor) != 48*time.Hour || !l.Grant.FirstPlay.Equal(first) || time.Duration(l.Grant.Offline) != 720*time.Hour {
		t.Errorf("%+v, %v", l, err)
	}
	other, err := Open(shelf.New())
	if err != nil {
		t.Fatal(err)
	}
	if other.Keys().Keys[0].KID == s.Keys().Keys[0].KID {
		t.Error("two services have one key")
	}
}

func TestDamagedKeyIsAnError(t *testing.T) {
	kept := shelf.New()
	if err := kept.Update(func(tx *shelf.Tx) error { return tx.Put(drawer, current, []byte("short")) }); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(kept); err == nil {
		t.Error("opened")
	}
}
