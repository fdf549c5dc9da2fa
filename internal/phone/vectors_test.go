package phone

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/internal/spake2"
)

const vectorFile = "testdata/channel.json"

// channelVectors are what both sides must compute alike: the page's tests read
// the same file (internal/ui/web/test/channel.test.ts).
type channelVectors struct {
	Code, Context, Secret string // hexadecimal, but for the texts
	Session, ID, Key      string
	Proof                 string // base64url, with Key as the key from before
	Texts                 []string
	ToBox, ToPhone        []string // the texts, sealed one after the other
}

func channelOf(t *testing.T) channelVectors {
	t.Helper()
	secret, err := spake2.Derive([]byte("482913"), secretOfCode)
	if err != nil {
		t.Fatal(err)
	}
	session := [16]byte([]byte("a session's key!"))
	id, key, err := newPhone(session)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := proofOf(key, session)
	if err != nil {
		t.Fatal(err)
	}
	v := channelVectors{
		Code: "482913", Context: secretOfCode, Secret: hex.EncodeToString(secret[:]),
		Session: hex.EncodeToString(session[:]), ID: id, Key: encode(key), Proof: encode(proof),
		Texts: []string{"", "ok", `{"jsonrpc":"2.0","method":"remote.text","params":{"text":"灯火 ไฟ"}}`, string(make([]byte, 200)), "0123456789abcdef"},
	}
	for info, list := range map[string]*[]string{infoToBox: &v.ToBox, infoToPhone: &v.ToPhone} {
		p, err := newPipe(session, info)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range v.Texts {
			*list = append(*list, hex.EncodeToString(p.seal([]byte(text))))
		}
	}
	return v
}

// TestChannelVectors holds the file against this side. USHER_WRITE=1 writes it.
func TestChannelVectors(t *testing.T) {
	want := channelOf(t)
	if os.Getenv("USHER_WRITE") != "" {
		text, err := json.MarshalIndent(want, "", "  ")
		if err == nil {
			err = os.WriteFile(vectorFile, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var got channelVectors
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the page would not understand this box any more (-here +file):\n%s", diff)
	}
}
