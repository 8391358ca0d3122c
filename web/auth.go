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
	"strconv"
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
	Proof   string    `json:"proof"` // of the password that was given: a new password signs everybody out who came in with the old
}

// proofOf names a password's hash without telling it.
func proofOf(hash string) string { return cookieID("proof\x00" + hash)[:16] }

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
	if len(email) > maxEmail {
		s.refuse(w, r, errCredentials)
		return
	}
	if wait := s.logins.try(email, s.clientIP(r)); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		s.refuse(w, r, fault.New(fault.RateLimited, "Too many attempts. Please wait half a minute."))
		return
	}
	p, err := s.personByEmail(r.Context(), email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		s.refuse(w, r, err)
		return
	}
	if !CheckPassword(p.Password, c.Password) || p.Disabled || err != nil {
		s.refuse(w, r, errCredentials)
		return
	}
	s.logins.fine(email, s.clientIP(r))
	raw := make([]byte, 32)
	rand.Read(raw)
	value := base64.RawURLEncoding.EncodeToString(raw)
	if err := s.opt.Logins.Set(r.Context(), cookieID(value), Login{Person: p.ID, Expires: s.now().Add(s.opt.DeskSession), Proof: proofOf(p.Password)}); err != nil {
		s.refuse(w, r, err)
		return
	}
	setCookie(w, r, value, s.opt.DeskSession)
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
	s.lines.Range(func(k, v any) bool {
		if d := v.(*deskLine); d != nil && d.cookie == cookieValue(r) {
			d.hangUp(closeSignedOut, "signed out")
		}
		return true
	})
	setCookie(w, r, "", 0)
	w.WriteHeader(http.StatusNoContent)
}

var errSignIn = fault.New(fault.Unauthorized, "Please sign in.")

// person returns who is signed in on this request.
func (s *Server) person(r *http.Request) (handoff.Person, error) {
	return s.bearerOf(r.Context(), cookieValue(r))
}

// bearerOf returns who is signed in with a cookie. A login that has run out is thrown away on the way.
func (s *Server) bearerOf(ctx context.Context, cookie string) (handoff.Person, error) {
	if cookie == "" {
		return handoff.Person{}, errSignIn
	}
	l, rev, err := s.opt.Logins.Get(ctx, cookieID(cookie))
	switch {
	case fault.Is(err, fault.NotFound):
		return handoff.Person{}, errSignIn
	case err != nil:
		return handoff.Person{}, err
	case s.now().After(l.Expires):
		if err := s.opt.Logins.Delete(ctx, cookieID(cookie), rev); err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
			return handoff.Person{}, err
		}
		return handoff.Person{}, errSignIn
	}
	p, _, err := s.opt.People.Get(ctx, l.Person)
	if fault.Is(err, fault.NotFound) || (err == nil && (p.Disabled || proofOf(p.Password) != l.Proof)) {
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

// maxEmail is the length of the longest address there can be.
const maxEmail = 320

// try counts an attempt as failed until fine says otherwise, so that a thousand guesses at once are counted before the first is
// checked. It returns how long to wait before the next may be made; zero: go ahead.
func (t *throttle) try(email, ip string) time.Duration {
	if t.off {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	mail, place := t.of("mail:"+email), t.of(placeOf(ip))
	wait := max(mail.wait(5, t.now()), place.wait(30, t.now()))
	if wait == 0 {
		mail.n, mail.last = mail.n+1, t.now()
		place.n, place.last = place.n+1, t.now()
	}
	return wait
}

func (t *throttle) of(name string) *failures {
	f := t.m[name]
	if f == nil {
		f = &failures{}
		t.m[name] = f
	}
	return f
}

// wait is how long the pause still lasts. When it is over there is one more try, and then the pause again.
func (f *failures) wait(limit int, now time.Time) time.Duration {
	if f.n < limit {
		return 0
	}
	if left := loginPause - now.Sub(f.last); left > 0 {
		return left
	}
	f.n = limit - 1
	return 0
}

// sweep forgets failures that are an hour old when there are many.
func (t *throttle) sweep() {
	if len(t.m) < 50_000 {
		return
	}
	for name, f := range t.m {
		if t.now().Sub(f.last) > time.Hour {
			delete(t.m, name)
		}
	}
	if len(t.m) >= 50_000 {
		clear(t.m)
	}
}

func (t *throttle) fine(email, ip string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.m, "mail:"+email)
	if f := t.m[placeOf(ip)]; f != nil && f.n > 0 {
		f.n--
	}
}
