package e2e

import (
	"strings"
	"testing"
	"time"
)

// handWords is a word of each page of a phone, by language: who reads it knows
// that the page is in that language.
var handWords = map[string]struct{ wrong, closed, away, lost, removed string }{
	"en":    {"Tries left: 2", "shows no code now", "does not answer", "another address", "was removed"},
	"de":    {"Versuche übrig: 2", "gerade keinen Code", "antwortet nicht", "andere Adresse", "wurde entfernt"},
	"zh-CN": {"还可以试 2 次", "现在没有显示", "没有应答", "地址可能变了", "已被移除"},
	"id":    {"Sisa percobaan: 2", "tidak menampilkan kode", "tidak menjawab", "alamatnya mungkin", "sudah dihapus"},
	"th":    {"ลองได้อีก 2 ครั้ง", "ไม่ได้แสดงรหัส", "ทีวีไม่ตอบ", "ที่อยู่อาจเปลี่ยน", "ถูกลบแล้ว"},
}

// TestHandInEveryState looks at each page of a phone in several languages,
// however the phone is held.
func TestHandInEveryState(t *testing.T) {
	needs(t, "mpv")
	t.Setenv("USHER_PHONE_PORT", "0")
	d := startDemo(t)
	s := openHandset(t, "en")
	for lang := range strings.SplitSeq(*handLangs, ",") {
		if _, ok := handWords[lang]; !ok {
			t.Fatalf("no words in %q", lang)
		}
		s.speaks(lang)
		s.beforeACode(d, lang)
		s.withACode(d, lang)
		s.withoutTheBox(d, lang)
	}
}

// codeOn asks for a code, and gives the address of the page as well.
func (d *demo) codeOn() (code, page string) {
	d.t.Helper()
	d.must("rpc", "phones.pair", "{}")
	var uri string
	eventually(d.t, 20*time.Second, "a code, and an address", func() bool {
		p := d.phones()
		if p.Window == nil || p.Window.URI == "" {
			return false
		}
		code, uri = p.Window.Code, p.Window.URI
		return true
	})
	page, _, _ = strings.Cut(uri, "#")
	return code, page
}

// told waits until the phone's page says something.
func (s *screen) told(text string) {
	s.t.Helper()
	s.waitFor("it says "+text, `document.body?.textContent.includes("`+text+`") === true`)
}

// beforeACode is what is seen by who has none, and by who guesses.
func (s *screen) beforeACode(d *demo, lang string) {
	s.t.Helper()
	code, page := d.codeOn()
	s.visits(page)
	s.waitFor("a place for the code", `document.getElementById("code") !== null`)
	s.handyEverywhere(lang + "-code")
	s.enterCode(another(code))
	s.told(handWords[lang].wrong)
	s.handyEverywhere(lang + "-wrong")
	s.enterCode(another(code))
	s.waitFor("another try", `document.getElementById("code") !== null`)
	s.enterCode(another(code))
	s.told(handWords[lang].closed)
	s.handyEverywhere(lang + "-closed")
}

// withACode is the remote.
func (s *screen) withACode(d *demo, lang string) {
	s.t.Helper()
	code, page := d.codeOn()
	s.visits(page + "#" + code)
	s.waitFor("the remote", `document.querySelector(".remote .search") !== null`)
	s.handyEverywhere(lang + "-remote")
	d.must("play", tongues)
	s.waitFor("the film", `document.querySelector(".now .time") !== null && document.querySelector(".now [aria-haspopup]") !== null`)
	s.handyEverywhere(lang + "-film")
	s.tap(`.now [aria-haspopup]`)
	s.waitFor("the sheet", `document.querySelectorAll(".sheet [role=radio]").length > 3`)
	s.handyEverywhere(lang + "-tracks")
	s.tap(`.sheet .done`)
	d.must("stop")
	s.waitFor("nothing is on", `document.querySelector(".remote .search") !== null`)
}

// withoutTheBox is a box that does not answer, and a phone that was removed.
func (s *screen) withoutTheBox(d *demo, lang string) {
	s.t.Helper()
	d.must("phone", "off")
	s.told(handWords[lang].away)
	s.handyEverywhere(lang + "-away")
	s.eval(`(() => { const now = Date.now; Date.now = () => now() + 60000; })()`)
	s.told(handWords[lang].lost)
	s.handyEverywhere(lang + "-lost")
	d.must("phone", "on")
	s.waitFor("it is back", `document.querySelector(".away").hidden`)
	d.must("phone", "revoke", "all")
	s.told(handWords[lang].removed)
	s.handyEverywhere(lang + "-removed")
}
