package phone

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

const (
	cookieName   = "boxoffice"
	sessionLasts = 12 * time.Hour
	mostSessions = 10_000
)

// session is a person who signed in. It never changes.
type session struct {
	household, name string
	token           string // that this session's forms carry
	begun, ends     time.Time
}

// wrote says whether a form is one of this session's pages.
func (s *session) wrote(r *http.Request) bool {
	if r.ParseForm() != nil {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(r.PostForm.Get("token")), []byte(s.token)) == 1
}

// sessions are the people who are signed in.
type sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]*session // by cookie
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[string]*session{}}
}

func (s *sessions) of(r *http.Request) *session {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.all[c.Value]
	if found == nil || !s.now().Before(found.ends) {
		return nil
	}
	return found
}

// begin signs a person in. The cookie is new each time, so that one that was
// planted before is worth nothing.
func (s *sessions) begin(v *visit, household, name string) {
	now := s.now()
	made := &session{household: household, name: name, token: rand.Text(), begun: now, ends: now.Add(sessionLasts)}
	value := rand.Text() + rand.Text()
	s.mu.Lock()
	s.sweep()
	s.all[value] = made
	s.mu.Unlock()
	v.session = made
	v.cookie(value, int(sessionLasts.Seconds()))
}

// sweep forgets sessions that ended, and, when there are too many, any.
func (s *sessions) sweep() {
	for value, one := range s.all {
		if !s.now().Before(one.ends) || len(s.all) >= mostSessions {
			delete(s.all, value)
		}
	}
}

func (s *sessions) end(v *visit) {
	if c, err := v.r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.all, c.Value)
		s.mu.Unlock()
	}
	v.session = nil
	v.cookie("", -1)
}

// cookie sets, or takes back, the session's.
func (v *visit) cookie(value string, age int) {
	http.SetCookie(v.w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: v.secure, SameSite: http.SameSiteLaxMode,
	})
}
