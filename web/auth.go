package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"balie/handoff"
	"balie/internal/fault"
)

// The cost of a password: argon2id with 19 MiB and two passes, OWASP's first recommendation (Password Storage Cheat Sheet).
const (
	argonMemory = 19 << 10
	argonTime   = 2
	argonKey    = 32
)

// hashing bounds how many passwords are checked at once: each takes 19 MiB.
var hashing = make(chan struct{}, 2)

// HashPassword makes the form in which a password is kept: parameters, salt and hash in one string.
func HashPassword(password string) (string, error) {
	if n := len([]rune(password)); n < 8 || n > 200 {
		return "", fault.New(fault.Invalid, "A password has at least 8 and at most 200 characters.")
	}
	return HashGiven(password), nil
}

// HashGiven is HashPassword for one that a setting gives, such as the demo's: how long it is, is the operator's business.
func HashGiven(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	sum := argon(password, salt)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", argonMemory, argonTime, enc.EncodeToString(salt), enc.EncodeToString(sum))
}

func argon(password string, salt []byte) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, 1, argonKey)
}

// CheckPassword reports whether password is the one that hash keeps. A hash with other parameters never fits.
func CheckPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != fmt.Sprintf("m=%d,t=%d,p=1", argonMemory, argonTime) || len(password) > 1000 {
		argon("nobody has this password", make([]byte, 16)) // take as long as for a real one
		return false
	}
	enc := base64.RawStdEncoding
	salt, err1 := enc.DecodeString(parts[4])
	want, err2 := enc.DecodeString(parts[5])
	return err1 == nil && err2 == nil && subtle.ConstantTimeCompare(argon(password, salt), want) == 1
}

// Login is a signed-in browser. It is stored under the hash of its cookie: who reads the store cannot sign in.
type Login struct {
	Person  string    `json:"person"`
	Expires time.Time `json:"expires"`
}

const loginLife = 12 * time.Hour

// The cookies. Browsers take a __Host- cookie only over https; on loopback without it there is a plain one.
const (
	secureCookie = "__Host-balie"
	plainCookie  = "balie_session"
)

func isSecure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

func cookieID(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func setCookie(w http.ResponseWriter, r *http.Request, value string, life time.Duration) {
	c := &http.Cookie{Name: plainCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if isSecure(r) {
		c.Name, c.Secure = secureCookie, true
	}
	if life <= 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func cookieValue(r *http.Request) string {
	names := []string{secureCookie}
	if !isSecure(r) {
		names = append(names, plainCookie)
	}
	for _, n := range names {
		if c, err := r.Cookie(n); err == nil && c.Value != "" && len(c.Value) < 200 {
			return c.Value
		}
	}
	return ""
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// me is what a signed-in person is told about themselves.
type me struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Email string   `json:"email"`
	Roles []string `json:"roles"`
	Langs []string `json:"langs,omitempty"`
	Team  string   `json:"team,omitempty"`
}

func meOf(p handoff.Person) me {
	return me{ID: p.ID, Name: p.Name, Email: p.Email, Roles: p.Roles, Langs: p.Langs, Team: p.Team}
}

var errCredentials = fault.New(fault.Unauthorized, "E-mail address or password is not right.")

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var c credentials
	if err := readJSON(r, &c); err != nil {
		s.refuse(w, r, err)
		return
	}
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if wait := s.logins.blocked(email, clientIP(r)); wait > 0 {
		s.refuse(w, r, fault.New(fault.RateLimited, "Too many attempts. Please wait half a minute."))
		return
	}
	p, err := s.personByEmail(r.Context(), email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		s.refuse(w, r, err)
		return
	}
	if !CheckPassword(p.Password, c.Password) || p.Disabled || err != nil {
		s.logins.failed(email, clientIP(r))
		s.refuse(w, r, errCredentials)
		return
	}
	s.logins.fine(email)
	raw := make([]byte, 32)
	rand.Read(raw)
	value := base64.RawURLEncoding.EncodeToString(raw)
	if err := s.opt.Logins.Set(r.Context(), cookieID(value), Login{Person: p.ID, Expires: s.now().Add(loginLife)}); err != nil {
		s.refuse(w, r, err)
		return
	}
	setCookie(w, r, value, loginLife)
	writeJSON(w, http.StatusOK, meOf(p))
}

func (s *Server) personByEmail(ctx context.Context, email string) (handoff.Person, error) {
	found := handoff.Person{}
	err := s.opt.People.List(ctx, "email", email, func(_ string, _ uint64, p handoff.Person) error {
		if strings.EqualFold(p.Email, email) {
			found = p
		}
		return nil
	})
	if err == nil && found.ID == "" {
		err = fault.New(fault.NotFound, "There is nobody with that address.")
	}
	return found, err
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if v := cookieValue(r); v != "" {
		if _, rev, err := s.opt.Logins.Get(r.Context(), cookieID(v)); err == nil {
			if err := s.opt.Logins.Delete(r.Context(), cookieID(v), rev); err != nil && !fault.Is(err, fault.NotFound) {
				s.refuse(w, r, err)
				return
			}
		}
	}
	setCookie(w, r, "", 0)
	w.WriteHeader(http.StatusNoContent)
}

var errSignIn = fault.New(fault.Unauthorized, "Please sign in.")

// person returns who is signed in on this request.
func (s *Server) person(r *http.Request) (handoff.Person, error) {
	v := cookieValue(r)
	if v == "" {
		return handoff.Person{}, errSignIn
	}
	l, _, err := s.opt.Logins.Get(r.Context(), cookieID(v))
	if fault.Is(err, fault.NotFound) || (err == nil && s.now().After(l.Expires)) {
		return handoff.Person{}, errSignIn
	}
	if err != nil {
		return handoff.Person{}, err
	}
	p, _, err := s.opt.People.Get(r.Context(), l.Person)
	if fault.Is(err, fault.NotFound) || (err == nil && p.Disabled) {
		return handoff.Person{}, errSignIn
	}
	return p, err
}

// as wraps a handler that only people with one of the roles may use.
func (s *Server) as(h func(http.ResponseWriter, *http.Request, handoff.Person), roles ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.person(r)
		if err == nil && len(roles) > 0 && !p.May(roles...) {
			err = fault.New(fault.Forbidden, "You are signed in, but this is not for your role.")
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		h(w, r, p)
	}
}

// throttle slows down guessing: after five failures for an address, or thirty from one place, half a minute's pause.
type throttle struct {
	off bool
	now func() time.Time
	mu  sync.Mutex
	m   map[string]*failures
}

type failures struct {
	n    int
	last time.Time
}

const loginPause = 30 * time.Second

func placeOf(ip string) string {
	if p := net.ParseIP(ip); p != nil && p.To4() == nil { // a home has a whole /64
		return "ip:" + p.Mask(net.CIDRMask(64, 128)).String()
	}
	return "ip:" + ip
}

func (t *throttle) blocked(email, ip string) time.Duration {
	if t.off {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, limit := range map[string]int{"mail:" + email: 5, placeOf(ip): 30} {
		if f := t.m[name]; f != nil && f.n >= limit {
			if left := loginPause - t.now().Sub(f.last); left > 0 {
				return left
			}
			f.n = limit - 1 // one more try, then the pause again
		}
	}
	return 0
}

func (t *throttle) failed(email, ip string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil || len(t.m) > 50_000 {
		t.m = map[string]*failures{}
	}
	for _, name := range []string{"mail:" + email, placeOf(ip)} {
		f := t.m[name]
		if f == nil {
			f = &failures{}
			t.m[name] = f
		}
		f.n, f.last = f.n+1, t.now()
	}
}

func (t *throttle) fine(email string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.m, "mail:"+email)
}
