package phone

import (
	"net/http"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/pace"
)

// activateData is the page to let a box in.
type activateData struct {
	Code  string
	Wrong string // key of a text
	Box   *door.Asking
	Ago   int // minutes since the box asked
}

func (p *Phone) showActivate(v *visit) error {
	code := v.r.URL.Query().Get("code")
	if code == "" {
		return p.show(v, http.StatusOK, "activate", activateData{})
	}
	return p.askAbout(v, code)
}

// askAbout shows the box behind a code. Too many wrong codes, and none is
// looked at any more for a while.
func (p *Phone) askAbout(v *visit, code string) error {
	who := []string{pace.Of(v.r), "household " + v.session.household}
	for _, w := range who {
		if p.typing.Wait(w) > 0 {
			return p.show(v, http.StatusTooManyRequests, "activate", activateData{Code: code, Wrong: "too_often"})
		}
	}
	box, ok := p.o.Door.Asking(code, v.r)
	if !ok {
		for _, w := range who {
			p.typing.Take(w)
		}
		return p.show(v, http.StatusNotFound, "activate", activateData{Code: code, Wrong: "wrong_code"})
	}
	return p.show(v, http.StatusOK, "allow", activateData{Code: box.Code, Box: &box, Ago: int(p.o.Now().Sub(box.Begun).Minutes())})
}

func (p *Phone) activate(v *visit) error {
	code, done := v.r.PostForm.Get("code"), false
	page := "declined"
	switch v.r.PostForm.Get("do") {
	case "allow":
		page = "allowed"
		done = p.o.Door.Allow(code, v.session.household)
	case "decline":
		done = p.o.Door.Decline(code)
	default:
		return p.askAbout(v, code)
	}
	if !done {
		return p.show(v, http.StatusNotFound, "activate", activateData{Wrong: "wrong_code"})
	}
	return p.show(v, http.StatusOK, page, nil)
}
