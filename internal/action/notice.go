package action

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Mail is a message on its way to somebody's mailbox, as plain text.
type Mail struct {
	To      string
	Subject string
	Text    string
}

// Mailer sends mail. A nil error means that somebody else has taken it over, not that it was read.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// UndoLink is what the link in a notice stands for; its document's id is the hash of the token, so that who reads the documents
// cannot use it.
type UndoLink struct {
	Conv  chat.ConversationID `json:"conv"`
	Act   string              `json:"act"`
	Until time.Time           `json:"until"`
	Lang  string              `json:"lang"`
}

// noticeFor is how long a notice is tried.
const noticeFor = 24 * time.Hour

// notice tells the address that was on record before a change what was changed, and how to take it back. It may arrive twice after a
// crash, but not never, as long as the mail server answers within a day.
func (l *Ledger) notice(ctx context.Context, t relay.Task, id string) error {
	c, stories, err := l.read(ctx, t.Conv, id)
	if err != nil {
		return err
	}
	s := stories[id]
	if s.state != chat.ActionDone || s.image.Notify == "" || l.mail == nil {
		return l.settle(ctx, t, time.Time{})
	}
	if l.now().Sub(s.ended.At) > noticeFor {
		l.slog.Error("notice of a change could not be sent", "conv", t.Conv, "act", id)
		return l.settle(ctx, t, time.Time{})
	}
	link, err := l.link(ctx, c, s)
	if err != nil {
		return err
	}
	if err := l.mail.Send(ctx, noticeMail(c, s, link, l.set.Zone)); err != nil {
		return fmt.Errorf("send notice of %s: %w", id, err)
	}
	return l.settle(ctx, t, time.Time{})
}

// link mints a link that takes the act back; "" where there is nothing to take back, or no address to lead to.
func (l *Ledger) link(ctx context.Context, c chat.Conversation, s *story) (string, error) {
	if l.publicURL == "" || s.end.UndoUntil.IsZero() {
		return "", nil
	}
	token := rand.Text()
	_, err := l.shelves.Links.Put(ctx, linkID(token), UndoLink{Conv: c.ID, Act: s.id, Until: s.end.UndoUntil, Lang: c.Lang}, 0)
	if err != nil {
		return "", fmt.Errorf("keep undo link of %s: %w", s.id, err)
	}
	return l.publicURL + "/undo?token=" + token, nil
}

func linkID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// maxToken bounds what is looked up at all.
const maxToken = 100

// Link looks up what a token of a notice stands for. One that never was, or whose time is over, is fault.Gone: which of the
// two is nobody's business.
func (l *Ledger) Link(ctx context.Context, token string) (UndoLink, error) {
	gone := fault.New(fault.Gone, "This link does not work any more.")
	if token == "" || len(token) > maxToken {
		return UndoLink{}, gone
	}
	u, _, err := l.shelves.Links.Get(ctx, linkID(token))
	if fault.Is(err, fault.NotFound) {
		return UndoLink{}, gone
	}
	if err != nil {
		return UndoLink{}, fmt.Errorf("read undo link: %w", err)
	}
	if l.now().After(u.Until) {
		return u, gone
	}
	return u, nil
}

// UndoByLink takes back the act that a notice tells of. Whoever holds the link reads the mail of the address that was on record
// before; colleagues get a note, because somebody else may have the account.
func (l *Ledger) UndoByLink(ctx context.Context, token string) error {
	u, err := l.Link(ctx, token)
	if err != nil {
		return err
	}
	const why = "Taken back through the link in the notice to the earlier address. Somebody else may be using this account."
	_, err = l.undo(ctx, linkParty, u.Conv, u.Act, why)
	return err
}

type noticeWords struct {
	subject, body, link, noLink string
	when                        string // the layout of a time
	what                        map[WriteKind]string
}

var notices = map[string]noticeWords{
	"nl": {
		when:    "02-01-2006 15:04 uur",
		subject: "Uw gegevens zijn gewijzigd",
		body:    "Goedendag,\n\nVia de chat is %s gewijzigd. Het bewijsnummer is %s. U krijgt deze e-mail op het adres dat wij hadden voor de wijziging.\n",
		link:    "\nHeeft u dit niet gedaan? Maak de wijziging dan ongedaan. Dat kan tot %s:\n%s\n",
		noLink:  "\nHeeft u dit niet gedaan? Neem dan contact met ons op en noem het bewijsnummer.\n",
		what:    map[WriteKind]string{ChangeContact: "uw e-mailadres of telefoonnummer", ChangeCustomerAddress: "uw adres", ChangeOrderAddress: "het bezorgadres van bestelling "},
	},
	"en": {
		when:    "2 January 2006, 15:04",
		subject: "Your details were changed",
		body:    "Hello,\n\nThrough the chat, %s was changed. The receipt number is %s. You get this e-mail at the address we had before the change.\n",
		link:    "\nWas this not you? Then undo the change. This is possible until %s:\n%s\n",
		noLink:  "\nWas this not you? Then contact us and name the receipt number.\n",
		what:    map[WriteKind]string{ChangeContact: "your e-mail address or phone number", ChangeCustomerAddress: "your address", ChangeOrderAddress: "the delivery address of order "},
	},
}

// noticeMail words the notice. It says what kind of thing was changed, not to what: the mailbox may be somebody else's by now.
func noticeMail(c chat.Conversation, s *story, link string, zone *time.Location) Mail {
	w, ok := notices[c.Lang]
	if !ok {
		w = notices["nl"]
	}
	what := w.what[s.write.Kind]
	if s.write.Kind == ChangeOrderAddress {
		what += string(s.write.Order)
	}
	text := fmt.Sprintf(w.body, what, s.end.Receipt)
	if link == "" {
		text += w.noLink
	} else {
		text += fmt.Sprintf(w.link, s.end.UndoUntil.In(zone).Format(w.when), link)
	}
	return Mail{To: s.image.Notify, Subject: w.subject, Text: text}
}
