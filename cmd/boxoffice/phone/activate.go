package phone

import (
	"net/http"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/pace"
)

// codeData is the page to type the code of a box.
type codeData struct {
	Code  string
	Wrong string // key of a text
}

func (d codeData) page(s shown) markup {
	return s.wrong(d.Wrong) + fill(`<form method="get" action="/activate">
<label>%s <input class="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="20" placeholder="BCDF-GHJK" value="%s"></label>
<button>%s</button>
</form>`, s.say("type_code"), d.Code, s.say("go_on"))
}

// allowData is the page to let a box in.
type allowData struct {
	Box door.Asking
	Ago int // minutes since the box asked
}

func (d allowData) page(s shown) markup {
	asks, class, where := s.say("a_box_asks"), "bad", s.say("far")
	if d.Box.Name != "" {
		asks = s.say("box_asks", d.Box.Name)
	}
	if d.Box.Near {
		class, where = "note", s.say("near")
	}
	return fill(`<p>%s</p>
<p class="code">%s</p>
<p><strong>%s</strong></p>
<p class="%s">%s</p>
<p class="note">%s %s</p>
<form method="post" action="/activate" class="choice">
%s%s
%s%s</form>`, asks, d.Box.Code, s.say("same_code"), class, where, s.say("asked_ago", d.Ago), s.say("may_watch"),
		s.token(), hidden("code", d.Box.Code), s.do("decline", s.say("decline")), s.do("allow", s.say("allow")))
}

func (p *Phone) showActivate(v *visit) error {
	code := v.r.URL.Query().Get("code")
	if code == "" {
		p.show(v, http.StatusOK, "activate", codeData{}.page)
		return nil
	}
	return p.askAbout(v, code)
}

// askAbout shows the box behind a code. Too many wrong codes, and none is
// looked at any more for a while.
func (p *Phone) askAbout(v *visit, code string) error {
	who := []string{pace.Of(v.r), "household " + v.session.household}
	for _, w := range who {
		if p.typing.Wait(w) > 0 {
			p.show(v, http.StatusTooManyRequests, "activate", codeData{code, "too_often"}.page)
			return nil
		}
	}
	box, ok := p.o.Door.Asking(code, v.r)
	if !ok {
		for _, w := range who {
			p.typing.Take(w)
		}
		p.show(v, http.StatusNotFound, "activate", codeData{code, "wrong_code"}.page)
		return nil
	}
	p.show(v, http.StatusOK, "allow", allowData{box, int(p.o.Now().Sub(box.Begun).Minutes())}.page)
	return nil
}

func (p *Phone) activate(v *visit) error {
	code, ok := v.r.PostForm.Get("code"), false
	page, done := "declined", func(s shown) markup { return fill("<p>%s</p>", s.say("declined")) }
	switch v.r.PostForm.Get("do") {
	case "allow":
		page, done = "allowed", sentence("good", "allowed")
		ok = p.o.Door.Allow(code, v.session.household)
	case "decline":
		ok = p.o.Door.Decline(code)
	default:
		return p.askAbout(v, code)
	}
	if !ok {
		p.show(v, http.StatusNotFound, "activate", codeData{"", "wrong_code"}.page)
		return nil
	}
	p.show(v, http.StatusOK, page, done)
	return nil
}
