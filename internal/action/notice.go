package action

import (
	"context"

	"balie/internal/relay"
)

// Mail is a message on its way to somebody's mailbox.
type Mail struct {
	To      string
	Subject string
	Text    string
}

// Mailer sends mail.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// UndoLink is what a link in a notice stands for.
type UndoLink struct{}

func (l *Ledger) notice(ctx context.Context, t relay.Task, id string) error { return nil }
