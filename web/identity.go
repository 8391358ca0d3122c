package web

import (
	"crypto"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"balie/internal/chat"
	"balie/internal/fault"
)

// Site is a website that shows the chat.
type Site struct {
	Name    string           // as in data-site
	Title   string           // as customers know it
	Origins []string         // whose pages may show it; our own is always allowed
	Secret  string           // of HS256 tokens; empty: none are taken
	Key     crypto.PublicKey // of RS256 or ES256 tokens, or nil
}

var errIdentity = fault.New(fault.Forbidden, "We could not confirm who you are. You can go on without; we may ask for an order number.")

// claims are what a website says about its customer.
type claims struct {
	jwt.RegisteredClaims
	Name   string `json:"name"`
	Email  string `json:"email"`
	Locale string `json:"locale"`
}

// maxTokenLife is how long a website may vouch in advance.
const maxTokenLife = time.Hour

// identify checks a website's token; what is wrong with a bad one is not told.
func (s *Site) identify(token string, now time.Time) (*chat.Identified, error) {
	var c claims
	if len(token) > 8192 {
		return nil, errIdentity
	}
	_, err := jwt.ParseWithClaims(token, &c, s.keyFor,
		jwt.WithValidMethods([]string{"HS256", "RS256", "ES256"}), jwt.WithAudience(s.Name), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithLeeway(30*time.Second))
	if err != nil || c.Subject == "" || len(c.Subject) > 200 || len(c.Name) > 200 || len(c.Email) > 320 {
		return nil, errIdentity
	}
	if c.ExpiresAt.Sub(now) > maxTokenLife+30*time.Second {
		return nil, errIdentity
	}
	id := stripControl(c.Subject)
	if id != c.Subject || !utf8.ValidString(id) { // an id with invisible characters is not the one it looks like
		return nil, errIdentity
	}
	return &chat.Identified{Level: chat.LevelSignedIn, ID: id, Name: stripControl(c.Name), Email: stripControl(c.Email), How: "jwt"}, nil
}

// keyFor picks the key by the kind of signature, never by what the token would like.
func (s *Site) keyFor(t *jwt.Token) (any, error) {
	if t.Method.Alg() == "HS256" {
		if s.Secret == "" {
			return nil, errIdentity
		}
		return []byte(s.Secret), nil
	}
	if s.Key == nil {
		return nil, errIdentity
	}
	return s.Key, nil
}

// Token signs what the demo shop says about a customer who "signed in" there.
func (s *Site) Token(customer, name, email string, now time.Time) (string, error) {
	c := claims{Name: name, Email: email, RegisteredClaims: jwt.RegisteredClaims{Subject: customer, Audience: jwt.ClaimStrings{s.Name},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(maxTokenLife))}}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(s.Secret))
}
