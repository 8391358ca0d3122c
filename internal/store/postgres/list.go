package postgres

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
)

// storable reports whether s can be a text of the database.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// beyond is the first text, by byte, after all that begin with prefix; "" when there is none.
func beyond(prefix string) string {
	for prefix != "" {
		r, n := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-n]
		if r == 0xD7FF {
			r = 0xDFFF // what lies between is no text
		}
		if r < utf8.MaxRune {
			return prefix + string(r+1)
		}
	}
	return ""
}

const listPage = 128

// listed is a conversation in a list, under the key that List gives.
type listed struct {
	key string
	row chat.Conversation
}

// List calls each with conversations in a list; see relay.Lists. Rows are read a page at a time, so each may call the engine.
func (e *Engine) List(ctx context.Context, prefix, after string, backward bool, each func(string, chat.Conversation) bool) error {
	if !storable(prefix) {
		return nil
	}
	for {
		page, err := e.listPage(ctx, prefix, after, backward)
		if err != nil {
			return err
		}
		for _, l := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(l.key, l.row) {
				return nil
			}
			after = l.key
		}
		if len(page) < listPage {
			return nil
		}
	}
}

// listSQL are the four forms of a listing: which way, and whether there is a first text beyond the prefix.
func listSQL(backward, bounded bool) string {
	sql := "SELECT l.key, l.conv, c.row FROM list l JOIN conversation c ON c.id = l.conv WHERE l.key >= $1 AND ($2 OR (l.key, l.conv) > ($3, $4))"
	order := " ORDER BY l.key, l.conv"
	if backward {
		sql = strings.Replace(sql, ") > (", ") < (", 1)
		order = " ORDER BY l.key DESC, l.conv DESC"
	}
	if bounded {
		sql += " AND l.key < $6"
	}
	return sql + order + " LIMIT $5"
}

func (e *Engine) listPage(ctx context.Context, prefix, after string, backward bool) ([]listed, error) {
	key, conv, _ := strings.Cut(strings.ToValidUTF8(after, "\ufffd"), "\x00")
	conv, _, _ = strings.Cut(conv, "\x00")
	args := []any{prefix, after == "", key, conv, listPage}
	end := beyond(prefix)
	if end != "" {
		args = append(args, end)
	}
	page, err := collect(ctx, e, scanListed, listSQL(backward, end != ""), args...)
	return page, wrap(err, "list %s", prefix)
}

func scanListed(rows pgx.Rows) (l listed, err error) {
	var key, conv, text string
	if err = rows.Scan(&key, &conv, &text); err == nil {
		l.key = key + "\x00" + conv
		err = json.Unmarshal([]byte(text), &l.row)
	}
	return l, err
}

const allPage = 1024

// All calls each with every conversation's id, in order.
func (e *Engine) All(ctx context.Context, after chat.ConversationID, each func(chat.ConversationID) bool) error {
	for {
		page, err := e.allPage(ctx, after)
		if err != nil {
			return err
		}
		for _, id := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(id) {
				return nil
			}
			after = id
		}
		if len(page) < allPage {
			return nil
		}
	}
}

func (e *Engine) allPage(ctx context.Context, after chat.ConversationID) ([]chat.ConversationID, error) {
	if !storable(string(after)) {
		after = chat.ConversationID(strings.ToValidUTF8(strings.ReplaceAll(string(after), "\x00", ""), "\ufffd"))
	}
	page, err := collect(ctx, e, func(rows pgx.Rows) (chat.ConversationID, error) {
		id, err := scanText(rows)
		return chat.ConversationID(id), err
	}, "SELECT id FROM conversation WHERE id > $1 ORDER BY id LIMIT $2", string(after), allPage)
	return page, wrap(err, "list conversations")
}
