package action

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// codePrefix names the tasks for one-time codes; the number of the event that asks for one stands behind it. Where two events of one commit
// ask, each has its own.
const codePrefix = "code:"

// wantsCode is the task that an event leaves which asks for a code to be sent or compared; "" for any other. Only the bot asks.
func wantsCode(e chat.Event) string {
	b, ok := e.Body.(*chat.CodeMoved)
	if !ok || e.By.Role != chat.RoleBot || b.State != chat.CodeAsked && b.State != chat.CodeGiven {
		return ""
	}
	return codePrefix + e.Seq.String()
}

var codeForm = regexp.MustCompile(`(?:^|\D)(\d{3}[ .-]?\d{3})(?:\D|$)`)

// CodeIn finds in a text what has the form of a one-time code; "" if nothing has. It says nothing of the code being right.
func CodeIn(text string) string {
	m := codeForm.FindStringSubmatch(text[:min(len(text), MaxText)])
	if m == nil {
		return ""
	}
	return strings.NewReplacer(" ", "", ".", "", "-", "").Replace(m[1])
}

// code does what an event asks for, and says in the log what came of it. What the customer typed is read from their own message: the bot,
// and whatever moves it, only points there. After a crash between the mail and the log a second code may be sent, and only that one counts.
func (l *Ledger) code(ctx context.Context, t relay.Task, name string) error {
	n, err := strconv.ParseUint(name, 10, 64)
	if err != nil || n == 0 {
		return l.settle(ctx, t, time.Time{})
	}
	e, asked, err := l.eventAt(ctx, t.Conv, chat.Seq(n))
	if err != nil {
		return err
	}
	b, ok := e.Body.(*chat.CodeMoved)
	if !asked || !ok || wantsCode(e) == "" {
		return l.settle(ctx, t, time.Time{})
	}
	c, err := l.log.Conversation(ctx, t.Conv)
	if err != nil {
		return err
	}
	moved := &chat.CodeMoved{From: e.Seq}
	var drafts []chat.Draft
	if b.State == chat.CodeAsked {
		moved.State, err = l.mailCode(ctx, c, b.Email)
	} else {
		moved.State, drafts, err = l.compareCode(ctx, c, e.Seq, b.From)
	}
	if err != nil {
		return err
	}
	drafts = append(drafts, chat.Draft{By: chat.System, Key: chat.Key(codePrefix + name), Body: moved})
	_, err = l.log.Commit(ctx, relay.Append{Conv: t.Conv, At: chat.Any, Drafts: drafts, Settle: []relay.Settle{{Task: t}}})
	if fault.Is(err, fault.IDConflict) { // another hand has answered it meanwhile
		return l.settle(ctx, t, time.Time{})
	}
	return err
}

func (l *Ledger) eventAt(ctx context.Context, conv chat.ConversationID, at chat.Seq) (chat.Event, bool, error) {
	evs, err := l.log.Read(ctx, conv, at-1, 1)
	if err != nil {
		return chat.Event{}, false, fmt.Errorf("read %s: %w", conv, err)
	}
	if len(evs) == 0 || evs[0].Seq != at {
		return chat.Event{}, false, nil
	}
	return evs[0], true, nil
}

// mailCode sends a code. Trouble that may pass is not waited for: the customer is told at once, and asks again or takes a person.
func (l *Ledger) mailCode(ctx context.Context, c chat.Conversation, email string) (chat.CodeState, error) {
	_, err := l.SendCode(ctx, c, email)
	switch {
	case err == nil:
		return chat.CodeSent, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case fault.Is(err, fault.RateLimited):
		return chat.CodeLimited, nil
	}
	l.slog.Warn("one-time code could not be sent", "conv", c.ID, "err", err)
	return chat.CodeFailed, nil
}

// compareCode takes the code out of the customer's message and compares it. A message counts once, because its task does.
func (l *Ledger) compareCode(ctx context.Context, c chat.Conversation, before, from chat.Seq) (chat.CodeState, []chat.Draft, error) {
	if from == 0 || from >= before {
		return chat.CodeWrong, nil, nil
	}
	e, there, err := l.eventAt(ctx, c.ID, from)
	if err != nil {
		return "", nil, err
	}
	m, said := e.Body.(*chat.Message)
	if !there || !said || e.By.Role != chat.RoleCustomer {
		return chat.CodeWrong, nil, nil
	}
	who, err := l.CheckCode(ctx, c, CodeIn(m.Text))
	switch {
	case err == nil:
		return chat.CodeRight, []chat.Draft{{By: chat.System, Body: &who}}, nil
	case ctx.Err() != nil:
		return "", nil, ctx.Err()
	case fault.Is(err, fault.Invalid):
		return chat.CodeWrong, nil, nil
	case fault.Is(err, fault.Gone):
		return chat.CodeOver, nil, nil
	}
	l.slog.Warn("one-time code could not be compared", "conv", c.ID, "err", err)
	return chat.CodeFailed, nil, nil
}

// sendTo mails a code. Where the customer is not known yet, trouble with the mail looks like an address that nobody has: who asks
// must not learn from it which of the two it is.
func (l *Ledger) sendTo(ctx context.Context, c chat.Conversation, to, code string) error {
	err := l.mail.Send(ctx, codeMail(c.Lang, to, code))
	switch {
	case err == nil:
		return nil
	case c.Customer.ID == "":
		l.slog.Error("one-time code could not be mailed", "conv", c.ID, "err", err)
		return nil
	}
	return fault.Wrap(fault.Unavailable, "We can't send e-mail at the moment.", fmt.Errorf("send code: %w", err))
}
