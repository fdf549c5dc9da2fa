package door

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// nonceLasts is how long a nonce is handed out; it is taken for as long again.
const nonceLasts = 5 * time.Minute

// nonces are what proofs must hold, where Options.Nonces asks for it (RFC 9449
// section 8): then none can be made long before it is used. They are made of
// the time and a secret of this run, so that nothing is kept.
type nonces struct {
	now    func() time.Time
	secret []byte
}

func newNonces(now func() time.Time) *nonces {
	n := &nonces{now: now, secret: make([]byte, 32)}
	_, _ = rand.Read(n.secret) // never fails (crypto/rand)
	return n
}

func (n *nonces) at(t time.Time) string {
	m := hmac.New(sha256.New, n.secret)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano()/int64(nonceLasts))))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

// good says whether a nonce was handed out lately.
func (n *nonces) good(nonce string) bool {
	now := n.now()
	return hmac.Equal([]byte(nonce), []byte(n.at(now))) || hmac.Equal([]byte(nonce), []byte(n.at(now.Add(-nonceLasts))))
}

// Nonce is what the DPoP-Nonce header of every answer should hold; "" where
// proofs need none.
func (d *Door) Nonce() string {
	if d.nonces == nil {
		return ""
	}
	return d.nonces.at(d.o.Now())
}
