package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"balie/internal/chat"
	"balie/web"
)

// token signs claims as a website would, or as an attacker would like to.
func token(t *testing.T, m jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
	t.Helper()
	c := jwt.MapClaims{"sub": "jan_1001", "aud": "demo", "exp": time.Now().Add(30 * time.Minute).Unix(), "name": "Jan\u202e", "email": "jan@demo.test"}
	if change != nil {
		change(c)
	}
	s, err := jwt.NewWithClaims(m, c).SignedString(key)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return s
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	r := newRig(t, func(o *web.Options) {
		o.Sites = []web.Site{site, {Name: "rsa", Key: &rsaKey.PublicKey}, {Name: "ec", Key: &ecKey.PublicKey}}
	})
	hs := []byte(site.Secret)
	aud := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c["aud"] = name } }
	set := func(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
	for _, c := range []struct {
		name, site, token string
		good              bool
	}{
		{"HS256", "demo", token(t, jwt.SigningMethodHS256, hs, nil), true},
		{"RS256", "rsa", token(t, jwt.SigningMethodRS256, rsaKey, aud("rsa")), true},
		{"ES256", "ec", token(t, jwt.SigningMethodES256, ecKey, aud("ec")), true},
		{"alg none", "demo", token(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), false},
		{"HS512", "demo", token(t, jwt.SigningMethodHS512, hs, nil), false},
		{"another secret", "demo", token(t, jwt.SigningMethodHS256, []byte("x"), nil), false},
		{"HS256 with the public key", "rsa", token(t, jwt.SigningMethodHS256, public, aud("rsa")), false},
		{"HS256 with the public key's DER", "rsa", token(t, jwt.SigningMethodHS256, der, aud("rsa")), false},
		{"HS256 with no secret", "rsa", token(t, jwt.SigningMethodHS256, []byte{}, aud("rsa")), false},
		{"RS256 where there is a secret only", "demo", token(t, jwt.SigningMethodRS256, rsaKey, nil), false},
		{"ES256 where the key is RSA", "rsa", token(t, jwt.SigningMethodES256, ecKey, aud("rsa")), false},
		{"for another site", "demo", token(t, jwt.SigningMethodHS256, hs, aud("rsa")), false},
		{"for nobody", "demo", token(t, jwt.SigningMethodHS256, hs, func(c jwt.MapClaims) { delete(c, "aud") }), false},
		{"over", "demo", token(t, jwt.SigningMethodHS256, hs, set("exp", time.Now().Add(-time.Minute).Unix())), false},
		{"for ever", "demo", token(t, jwt.SigningMethodHS256, hs, func(c jwt.MapClaims) { delete(c, "exp") }), false},
		{"for two hours", "demo", token(t, jwt.SigningMethodHS256, hs, set("exp", time.Now().Add(2*time.Hour).Unix())), false},
		{"not yet", "demo", token(t, jwt.SigningMethodHS256, hs, set("nbf", time.Now().Add(10*time.Minute).Unix())), false},
		{"about nobody", "demo", token(t, jwt.SigningMethodHS256, hs, set("sub", "")), false},
		{"about somebody else in disguise", "demo", token(t, jwt.SigningMethodHS256, hs, set("sub", "jan\u202e_1001")), false},
		{"a long subject", "demo", token(t, jwt.SigningMethodHS256, hs, set("sub", strings.Repeat("x", 300))), false},
		{"garbage", "demo", "a.b.c", false},
		{"endless", "demo", strings.Repeat("x", 20_000), false},
	} {
		w := r.dialTo("/api/v1/chat/ws?site="+c.site, nil)
		w.hello(frame{"identity": c.token})
		if !c.good {
			if code := w.until("error").str("code"); code != "forbidden" {
				t.Errorf("%s: %s", c.name, code)
			}
		}
		w.say("c1", "hallo") // goes on in any case
		got := r.state(w.conv).Customer
		want := chat.Identified{}
		if c.good {
			want = chat.Identified{Level: chat.LevelSignedIn, ID: "jan_1001", Name: "Jan", Email: "jan@demo.test", How: "jwt"}
		}
		if got != want {
			t.Errorf("%s: %+v", c.name, got)
		}
		w.conn.Close()
	}
	late := r.visitor() // signs in while the conversation is under way
	late.say("c1", "hallo")
	late.send(frame{"type": "hello", "identity": token(t, jwt.SigningMethodHS256, hs, nil)})
	late.until("welcome")
	late.say("c2", "nog iets")
	if got := r.state(late.conv).Customer; got.ID != "jan_1001" {
		t.Errorf("later: %+v", got)
	}
	b := r.browser()
	twin := b.must("POST", "/api/v1/chat/hello?site=demo", frame{"identity": "a.b.c"})
	if twin.str("error", "code") != "forbidden" || twin.str("session") == "" {
		t.Errorf("a bad one by HTTP: %v", twin)
	}
	twin = b.must("POST", "/api/v1/chat/hello?site=demo", frame{"identity": token(t, jwt.SigningMethodHS256, hs, nil)})
	if got := r.state(chat.ConversationID(twin.str("conversation"))).Customer; got.ID != "jan_1001" {
		t.Errorf("a good one by HTTP: %+v", got)
	}
}

func TestSessionIsRenewedWhileInUse(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	r := newRig(t, func(o *web.Options) {
		o.SessionLife = time.Hour
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	w := r.visitor()
	w.say("c1", "hallo")
	later.Store(int64(40 * time.Minute))
	again := r.resume(w.session, 0)
	if again.session == w.session || again.conv != w.conv {
		t.Errorf("after most of its life the session is the same: %v", again.session == w.session)
	}
	later.Store(int64(80 * time.Minute))
	if third := r.resume(again.session, 0); third.conv != w.conv {
		t.Error("the renewed session leads elsewhere")
	}
}

// TestAnIdleChatCostsOneGoroutine runs alone, so that nobody else's are counted.
func TestAnIdleChatCostsOneGoroutine(t *testing.T) {
	r := newRig(t, nil)
	first := r.visitor()
	first.say("c1", "hallo")
	first.event("message", "bot")
	const chats = 100
	before := runtime.NumGoroutine()
	var all []*wire
	for range chats {
		all = append(all, r.visitor())
	}
	settled := func(what string) {
		t.Helper()
		eventually(t, what, func() bool { return runtime.NumGoroutine() <= before+chats+3 })
	}
	settled("one goroutine a chat before the first message")
	for _, w := range all {
		w.say("c1", "hallo")
	}
	for _, w := range all {
		w.event("message", "bot")
	}
	settled("one goroutine a chat after the first message")
	for _, w := range all {
		w.conn.Close()
	}
	eventually(t, "none when they have left", func() bool { return runtime.NumGoroutine() <= before+3 })
}
