// Package mail carries mail out of the house: SMTP for real, an outbox that can be looked at for the demo, and the page behind the
// undo link of a notice. It is the only room that knows go-mail.
package mail

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"balie/internal/action"
)

// Sent is a mail in the outbox of the demo.
type Sent struct {
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
}

// Docs is the collection that the outbox is kept in, as internal/store/document serves it.
type Docs interface {
	Put(ctx context.Context, id string, v Sent, rev uint64) (uint64, error)
	Delete(ctx context.Context, id string, rev uint64) error
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, v Sent) error) error
}

// maxOutbox is how many mails the outbox keeps; the oldest fall away.
const maxOutbox = 500

// Outbox is a Mailer that sends nothing: it keeps the mail for whoever wants to see what would have been sent.
type Outbox struct {
	docs Docs
	now  func() time.Time
}

// NewOutbox makes an outbox; now may be nil for the real clock.
func NewOutbox(docs Docs, now func() time.Time) *Outbox {
	if now == nil {
		now = time.Now
	}
	return &Outbox{docs, now}
}

// Send is action.Mailer's.
func (o *Outbox) Send(ctx context.Context, m action.Mail) error {
	at := o.now().UTC()
	id := at.Format("20060102T150405.000000000") + "-" + rand.Text()[:8]
	if _, err := o.docs.Put(ctx, id, Sent{m.To, m.Subject, m.Text, at}, 0); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	return o.trim(ctx)
}

func (o *Outbox) trim(ctx context.Context) error {
	type old struct {
		id  string
		rev uint64
	}
	var all []old
	err := o.docs.List(ctx, "", "", func(id string, rev uint64, _ Sent) error {
		all = append(all, old{id, rev})
		return nil
	})
	if err != nil {
		return fmt.Errorf("list outbox: %w", err)
	}
	for _, d := range all[:max(len(all)-maxOutbox, 0)] {
		if err := o.docs.Delete(ctx, d.id, d.rev); err != nil {
			return fmt.Errorf("trim outbox: %w", err)
		}
	}
	return nil
}

// List returns what was sent, newest first.
func (o *Outbox) List(ctx context.Context) ([]Sent, error) {
	all := []Sent{}
	err := o.docs.List(ctx, "", "", func(_ string, _ uint64, s Sent) error {
		all = append(all, s)
		return nil
	})
	slices.Reverse(all)
	return all, err
}

// ServeHTTP answers GET /api/v1/demo/mail: {"mail":[{"to","subject","text","at"}]}, newest first; ?to= leaves only one address.
func (o *Outbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all, err := o.List(r.Context())
	if err != nil {
		http.Error(w, "The outbox can't be read at the moment.", http.StatusServiceUnavailable)
		return
	}
	if to := r.URL.Query().Get("to"); to != "" {
		all = slices.DeleteFunc(all, func(s Sent) bool { return s.To != to })
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string][]Sent{"mail": all})
}
