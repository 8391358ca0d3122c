package mail_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
	"balie/internal/mail"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

func TestOutboxShowsTheNewestFirstAndKeepsSome(t *testing.T) {
	e, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	o := mail.NewOutbox(document.In(e, "mail", document.Options[mail.Sent]{}), func() time.Time { at = at.Add(time.Second); return at })
	for i := range 503 {
		if err := o.Send(t.Context(), action.Mail{To: fmt.Sprintf("a%d@example.com", i%2), Subject: fmt.Sprint(i), Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	get := func(query string) []mail.Sent {
		w := httptest.NewRecorder()
		o.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/demo/mail"+query, nil))
		var v struct{ Mail []mail.Sent }
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		return v.Mail
	}
	if all := get(""); len(all) != 500 || all[0].Subject != "502" || all[499].Subject != "3" {
		t.Errorf("outbox has %d", len(all))
	}
	if one := get("?to=a1@example.com"); len(one) != 250 || one[0].Subject != "501" {
		t.Errorf("to one address: %d", len(one))
	}
}

// server is a mail server that takes one mail and remembers it.
func server(t *testing.T) (addr string, got <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	ch := make(chan string, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		all, data := "", false
		fmt.Fprint(c, "220 here\r\n")
		for s := bufio.NewScanner(c); s.Scan(); {
			all += s.Text() + "\n"
			switch {
			case data && s.Text() == ".":
				data = false
				fmt.Fprint(c, "250 taken\r\n")
			case data:
			case strings.HasPrefix(s.Text(), "DATA"):
				data = true
				fmt.Fprint(c, "354 go on\r\n")
			case strings.HasPrefix(s.Text(), "QUIT"):
				fmt.Fprint(c, "221 bye\r\n")
				ch <- all
				return
			default:
				fmt.Fprint(c, "250 yes\r\n")
			}
		}
		ch <- all
	}()
	return ln.Addr().String(), ch
}

func TestSMTP(t *testing.T) {
	addr, got := server(t)
	s, err := mail.NewSMTP(mail.SMTPOptions{Addr: addr, From: "Winkel <shop@example.com>", TLS: "none"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), action.Mail{To: "ann@example.com", Subject: "Uw code: 123456\r\nBcc: thief@example.com", Text: "Uw code is 123456.\n"})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case all := <-got:
		for _, want := range []string{"RCPT TO:<ann@example.com>", "Auto-Submitted: auto-generated", "Uw code is 123456."} {
			if !strings.Contains(all, want) {
				t.Errorf("no %q in\n%s", want, all)
			}
		}
		if strings.Contains(all, "\nBcc:") || strings.Contains(all, "RCPT TO:<thief") {
			t.Errorf("a subject became a header:\n%s", all)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no mail came")
	}
}

func TestSMTPNeverInTheOpen(t *testing.T) {
	addr, _ := server(t)
	s, err := mail.NewSMTP(mail.SMTPOptions{Addr: addr, From: "shop@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), action.Mail{To: "ann@example.com", Subject: "x", Text: "x"}); err == nil {
		t.Error("a mail went to a server without encryption")
	}
	for _, o := range []mail.SMTPOptions{{Addr: "nowhere", From: "a@example.com"}, {Addr: "a:b", From: "a@example.com"}, {Addr: "a:25", From: "nobody"}} {
		if _, err := mail.NewSMTP(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// ledger knows one token.
type ledger struct {
	undone int
	err    error
}

func (l *ledger) Link(_ context.Context, token string) (action.UndoLink, error) {
	if token != "good" {
		return action.UndoLink{}, fault.New(fault.Gone, "This link does not work any more.")
	}
	return action.UndoLink{Lang: "en"}, nil
}

func (l *ledger) UndoByLink(context.Context, string) error {
	l.undone++
	return l.err
}

func TestUndoPage(t *testing.T) {
	tests := []struct {
		method, token string
		err           error
		status        int
		text          string
		undone        int
	}{
		{"GET", "good", nil, 200, "<button>Undo</button>", 0},
		{"POST", "good", nil, 200, "putting your details back", 1},
		{"POST", "good", fault.New(fault.Forbidden, "x"), 410, "does not work any more", 1},
		{"POST", "good", fault.New(fault.Unavailable, "x"), 503, "in a few minutes", 1},
		{"GET", "bad", nil, 410, "werkt niet meer", 0},
		{"POST", `"><script>`, nil, 410, "werkt niet meer", 0},
	}
	for _, tt := range tests {
		l := &ledger{err: tt.err}
		r := httptest.NewRequest(tt.method, "/undo?token="+url.QueryEscape(tt.token), nil)
		if tt.method == http.MethodPost {
			r = httptest.NewRequest(tt.method, "/undo", strings.NewReader(url.Values{"token": {tt.token}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		mail.UndoPage(l).ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) || l.undone != tt.undone || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s %s: %d, undone %d\n%s", tt.method, tt.token, w.Code, l.undone, w.Body)
		}
	}
}
