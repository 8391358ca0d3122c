package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/config"
	"balie/internal/fault"
	"balie/internal/model/scripted"
	"balie/web/visitor"
)

// settings are those of a demo in a folder of the test's, with some more.
func settings(t *testing.T, more map[string]string) config.Config {
	t.Helper()
	flags := map[string]string{"data": t.TempDir(), "demo": "on", "demo_password": "house-password"}
	for k, v := range more {
		flags[k] = v
	}
	cfg, err := config.Load(flags, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// live opens a house and serves until the test ends.
func live(t *testing.T, cfg config.Config) *house {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Addr = ln.Addr().String()
	h, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- h.run(ctx, ln, func() { close(ready) }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the house ended with %v", err)
		}
		if err := h.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	select {
	case <-ready:
	case <-time.After(limit):
		t.Fatal("not ready")
	}
	return h
}

// converse says one thing to the bot and returns what it answers, and how many pieces of it came before.
func converse(t *testing.T, h *house, lang, text string) (answer chat.Message, pieces int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	v := visitor.New(visitor.Options{URL: ownURL(h.cfg), Site: demoSite, Lang: lang})
	if _, err := v.Send(map[string]any{"type": "say", "text": text}); err != nil {
		t.Fatal(err)
	}
	err := v.Run(ctx, func(f visitor.Frame) {
		switch {
		case f.Type == "delta":
			pieces++
		case f.Type == "event" && f.Kind == "message" && f.From.Role == chat.RoleBot:
			if err := json.Unmarshal(f.Message, &answer); err != nil {
				t.Errorf("read answer: %v", err)
			}
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer, pieces
}

// A model words the passages that the library found, and its sources stay; whatever the model does, the customer gets an answer.
func TestModelWordsAnswers(t *testing.T) {
	model := scripted.New(scripted.Text("Een gewone retour kost € 2,95, zegt het model."), scripted.Status(500, 0))
	h := live(t, settings(t, map[string]string{"llm_url": model.Start(t), "llm_key": "sk-test", "llm_model": "small"}))
	answer, pieces := converse(t, h, "nl", "Wat kost het om iets terug te sturen?")
	if !strings.Contains(answer.Text, "zegt het model") || len(answer.Sources) == 0 || pieces == 0 {
		t.Errorf("answer %q with %d sources after %d pieces", answer.Text, len(answer.Sources), pieces)
	}
	answer, _ = converse(t, h, "nl", "Wat kost het om iets terug te sturen?")
	if strings.Contains(answer.Text, "zegt het model") || len(answer.Sources) == 0 || answer.Text == "" {
		t.Errorf("without the model: %q with %d sources", answer.Text, len(answer.Sources))
	}
	if r := model.Requests(); len(r) != 2 || r[0].Auth != "Bearer sk-test" || r[0].Model != "small" {
		t.Errorf("the model was asked %d times: %+v", len(r), r)
	}
}

// A folder whose name is too long for a socket's address can be served and asked too.
func TestControlSocketInALongFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 12))
	cfg := settings(t, map[string]string{"data": dir, "demo": "off"})
	live(t, cfg)
	s, err := ask[state](t.Context(), &env{cfg: cfg, log: slog.New(slog.DiscardHandler)}, "health", struct{}{}, false)
	if err != nil || s.Store != "ok" || s.Library != "ok" {
		t.Errorf("health: %+v, %v", s, err)
	}
	info, err := os.Stat(filepath.Join(dir, controlName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v", info, err)
	}
}

// What a fault is survives the way over the socket.
func TestFaultsTravel(t *testing.T) {
	cfg := settings(t, nil)
	live(t, cfg)
	e := &env{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	if _, err := ask[user](t.Context(), e, "user.disable", userDisableCmd{Email: "nobody@demo.test"}, false); !fault.Is(err, fault.NotFound) {
		t.Errorf("disable nobody: %v", err)
	}
	if _, err := askServer(t.Context(), cfg, "no.such.job", []byte("{}"), func(int, int) {}); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("a job that is not there: %v", err)
	}
}

// A start that was cut off while it put the demo in is finished by the next one; and a secret is made once.
func TestSeedingIsFinished(t *testing.T) {
	cfg := settings(t, nil)
	log := slog.New(slog.DiscardHandler)
	d, err := openData(cfg, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	ctx := t.Context()
	if _, err := d.seeds.Put(ctx, seedID, seed{Begun: time.Now(), Password: "of a start that was cut off"}, 0); err != nil {
		t.Fatal(err)
	}
	for i, now := range []bool{true, false} {
		s, err := seedDemo(ctx, d, cfg, log)
		if err != nil || s.now != now || len(s.people) != 5 {
			t.Fatalf("start %d: %+v, %v", i+1, s, err)
		}
	}
	if s, _, err := d.seeds.Get(ctx, seedID); err != nil || s.Done.IsZero() {
		t.Errorf("seed: %+v, %v", s, err)
	}
	if p, _, err := d.byEmail(ctx, "AGENT@demo.test"); err != nil || p.Name != "Sanne" {
		t.Errorf("agent: %+v, %v", p, err)
	}
	one, err := d.secret(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	if two, err := d.secret(ctx, "x"); err != nil || !slices.Equal(one, two) || len(one) != 32 {
		t.Errorf("secret: %x, then %x, %v", one, two, err)
	}
}

// Sites come from the settings; the site demo is there in the demo, and where no other is named.
func TestSites(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		flags map[string]string
		want  []string // name, and what it can check
	}{
		"nothing set":      {map[string]string{"demo": "off"}, []string{"demo"}},
		"a secret":         {map[string]string{"demo": "off", "site_secret": "s"}, []string{"demo secret"}},
		"the demo":         {nil, []string{"demo secret"}},
		"own sites":        {map[string]string{"demo": "off", "sites": "winkel=https://a.example", "site_keys": "winkel=" + file}, []string{"winkel key"}},
		"own and the demo": {map[string]string{"sites": "winkel=https://a.example", "site_keys": "winkel=geheim"}, []string{"demo secret", "winkel secret"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, tt.flags)
			d, err := openData(cfg, slog.New(slog.DiscardHandler), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer d.close()
			sites, err := openSites(t.Context(), cfg, d)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range sites {
				what := s.Name
				if s.Secret != "" {
					what += " secret"
				}
				if s.Key != nil {
					what += " key"
				}
				got = append(got, what)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("sites %q, want %q", got, tt.want)
			}
		})
	}
	cfg := settings(t, map[string]string{"sites": "w=https://a.example", "site_keys": "w=" + filepath.Join(t.TempDir(), "none.pem")})
	if _, err := openSites(t.Context(), cfg, nil); err == nil {
		t.Error("a key that is not there is accepted")
	}
}

func TestOwnURLAndProxy(t *testing.T) {
	tests := []struct {
		addr, public, url string
		proxy             bool
	}{
		{"127.0.0.1:8080", "", "http://127.0.0.1:8080", false},
		{"0.0.0.0:80", "", "http://127.0.0.1:80", false},
		{"[::]:80", "", "http://127.0.0.1:80", false},
		{"127.0.0.1:8080", "https://b.example", "https://b.example", true},
		{"0.0.0.0:8080", "https://b.example", "https://b.example", false},
	}
	for _, tt := range tests {
		cfg := config.Config{Addr: tt.addr, PublicURL: tt.public}
		if got := ownURL(cfg); got != tt.url || behindProxy(cfg) != tt.proxy {
			t.Errorf("%s, %q: %s, proxy %t", tt.addr, tt.public, got, behindProxy(cfg))
		}
	}
}

// Words of others cannot move the cursor of whoever reads them in a terminal.
func TestLinesHoldNoControlCharacters(t *testing.T) {
	var out strings.Builder
	(&talk{out: &out}).line("Chatbot", "a\x1b[2Jb\u009bc\r\nd\x07")
	if got, want := out.String(), "Chatbot: a[2Jbc\n  d\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
