package phone

import (
	"net/http"
	"strings"

	"usher/cmd/boxoffice/pace"
)

// signInData is the page to sign in.
type signInData struct {
	Next  string
	Name  string
	Wrong string // key of a text; "" at first
	Demo  Login
}

// next is where a person wanted to go: a page of ours, and nothing else.
func next(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return "/account"
	}
	return path
}

func (p *Phone) showSignIn(v *visit) error {
	to := next(v.r.URL.Query().Get("next"))
	if v.session != nil {
		v.to(to)
		return nil
	}
	return p.show(v, http.StatusOK, "signin", signInData{Next: to, Demo: p.o.Demo})
}

func (p *Phone) signIn(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		p.fail(v, http.StatusBadRequest, "stale")
		return nil
	}
	name, password := strings.TrimSpace(v.r.PostForm.Get("name")), v.r.PostForm.Get("password")
	data := signInData{Next: next(v.r.PostForm.Get("next")), Name: name, Demo: p.o.Demo}
	if p.guessed(v, name) {
		data.Wrong = "too_often"
		return p.show(v, http.StatusTooManyRequests, "signin", data)
	}
	h, ok, err := p.o.Households.SignIn(name, password)
	if err != nil {
		return err
	}
	if !ok {
		p.wrong(v, name)
		data.Wrong = "wrong_password"
		return p.show(v, http.StatusUnauthorized, "signin", data)
	}
	p.sessions.begin(v, h.ID, h.Name)
	v.to(data.Next)
	return nil
}

// guessed says that a password was wrong too often, here or for this name.
func (p *Phone) guessed(v *visit, name string) bool {
	return p.signing.Wait(pace.Of(v.r)) > 0 || p.naming.Wait(strings.ToLower(name)) > 0
}

// wrong counts a wrong password.
func (p *Phone) wrong(v *visit, name string) {
	p.signing.Take(pace.Of(v.r))
	p.naming.Take(strings.ToLower(name))
}

func (p *Phone) signOut(v *visit) error {
	p.sessions.end(v)
	v.to("/signin")
	return nil
}
