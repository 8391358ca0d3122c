package postgres

import (
	"context"
	"strings"

	"balie/internal/chat"
)

// Setting shows what one of the engine's connections works under.
func (e *Engine) Setting(ctx context.Context, name string) (v string) {
	if err := e.pool.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&v); err != nil {
		return err.Error()
	}
	return v
}

// BotList is the time in a conversation's key in the bot's list.
func (e *Engine) BotList(ctx context.Context, conv chat.ConversationID) string {
	c, err := e.Conversation(ctx, conv)
	if err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(c.Lists()[0], "bot/")
}
