package phone

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/pace"
	"usher/cmd/boxoffice/till"
)

//go:embed pages.html phone.css texts.json
var files embed.FS

// PathPay is the page of a purchase; its code is appended.
const PathPay = "/pay/"

// Options are what the pages need. All but Demo are required.
type Options struct {
	Service    string // its name
	Door       *door.Door
	Households *household.Register
	Till       *till.Till
	// Demo is what the sign-in page offers to try, "name password"; nothing
	// where real people have accounts.
	Demo   Login
	Now    func() time.Time
	Logger *slog.Logger
}

// Login is a name and a password.
type Login struct{ Name, Password string }

// Phone serves the pages. It is safe for concurrent use.
type Phone struct {
	o        Options
	pages    *template.Template
	words    words
	sessions *sessions
	signing  *pace.Pace // wrong passwords, by address
	naming   *pace.Pace // wrong passwords, by name: many, so that nobody is locked out by another's guesses
	typing   *pace.Pace // wrong codes, by address and by household
}

// New reads the embedded pages. An error means that they are broken.
func New(o Options) (*Phone, error) {
	p := &Phone{
		o: o, sessions: newSessions(o.Now),
		signing: pace.New(10, 30*time.Second, o.Now), naming: pace.New(200, 10*time.Second, o.Now), typing: pace.New(10, 30*time.Second, o.Now),
	}
	var err error
	if p.words, err = readWords(); err != nil {
		return nil, err
	}
	if p.pages, err = template.ParseFS(files, "pages.html"); err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	return p, nil
}

// Route adds the pages to a mux.
func (p *Phone) Route(mux *http.ServeMux) {
	mux.HandleFunc("GET /phone.css", p.serveStyle)
	p.page(mux, "GET /signin", p.showSignIn)
	p.page(mux, "POST /signin", p.signIn)
	p.page(mux, "POST /signout", p.signedIn(p.signOut))
	p.page(mux, "GET "+door.PathActivate, p.signedIn(p.showActivate))
	p.page(mux, "POST "+door.PathActivate, p.signedIn(p.activate))
	p.page(mux, "GET /account", p.signedIn(p.showAccount))
	p.page(mux, "POST /account", p.signedIn(p.changeAccount))
	p.page(mux, "POST /account/boxes", p.signedIn(p.removeBox))
	p.page(mux, "GET /plans", p.signedIn(p.showPlans))
	p.page(mux, "POST /plans", p.signedIn(p.subscribe))
	p.page(mux, "GET "+PathPay+"{code}", p.signedIn(p.showPay))
	p.page(mux, "POST "+PathPay+"{code}", p.signedIn(p.pay))
}

// visit is one request of a person.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	lang    string
	session *session // nil before signing in
	secure  bool     // the service is reached over https, maybe through a proxy
}

// shown is what a page is made of.
type shown struct {
	Service, Lang, Page string
	Token               string // of the session's forms
	Person              string // who is signed in
	Data                any
	words               words
}

// T is a text in the person's language.
func (s shown) T(key string, args ...any) string { return s.words.say(s.Lang, key, args...) }

// page adds one page, with what all of them have.
func (p *Phone) page(mux *http.ServeMux, pattern string, serve func(*visit) error) {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fail(p.visit(w, r), http.StatusForbidden, "foreign")
	}))
	mux.Handle(pattern, guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		v := p.visit(w, r)
		if err := serve(v); err != nil {
			p.o.Logger.Error("Page broke", "page", r.URL.Path, "error", err)
			p.fail(v, http.StatusInternalServerError, "broken")
		}
	})))
}

func (p *Phone) visit(w http.ResponseWriter, r *http.Request) *visit {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Add("Vary", "Accept-Language, Cookie")
	return &visit{
		w: w, r: r, lang: language(r.Header.Get("Accept-Language")), session: p.sessions.of(r),
		secure: strings.HasPrefix(p.o.Door.Origin(r), "https:"),
	}
}

// signedIn sends a stranger to sign in first, and refuses a form that is not
// of this session.
func (p *Phone) signedIn(serve func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		switch {
		case v.session == nil && v.r.Method == http.MethodGet:
			v.to("/signin?next=" + template.URLQueryEscaper(v.r.URL.RequestURI()))
			return nil
		case v.session == nil, v.r.Method == http.MethodPost && !v.session.wrote(v.r):
			p.fail(v, http.StatusForbidden, "stale")
			return nil
		}
		return serve(v)
	}
}

func (v *visit) to(path string) { http.Redirect(v.w, v.r, path, http.StatusSeeOther) }

// show writes a page.
func (p *Phone) show(v *visit, status int, page string, data any) error {
	s := shown{Service: p.o.Service, Lang: v.lang, Page: page, Data: data, words: p.words}
	if v.session != nil {
		s.Token, s.Person = v.session.token, v.session.name
	}
	var b bytes.Buffer // so that a broken page is no half page
	if err := p.pages.ExecuteTemplate(&b, "frame", s); err != nil {
		return fmt.Errorf("write page %s: %w", page, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = b.WriteTo(v.w) // the phone is gone: nobody is left to tell
	return nil
}

// fail shows a sentence and a way on.
func (p *Phone) fail(v *visit, status int, text string) {
	if err := p.show(v, status, "failed", text); err != nil {
		p.o.Logger.Error("Page broke", "error", err)
		http.Error(v.w, "internal error", http.StatusInternalServerError)
	}
}

func (p *Phone) serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=3600")
	http.ServeFileFS(w, r, files, "phone.css")
}
