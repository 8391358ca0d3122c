package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/fault"
)

// Read returns events after a position.
func (e *Engine) Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	if !conv.Valid() || after >= chat.Seq(rowPos)-1 || max <= 0 {
		return nil, nil
	}
	var out []chat.Event
	err := e.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketConv).Cursor()
		for k, v := c.Seek(convKey(conv, uint64(after)+1)); k != nil && bytes.HasPrefix(k, []byte(conv)) && len(out) < max; k, v = c.Next() {
			if binary.BigEndian.Uint64(k[len(conv):]) == rowPos {
				return nil
			}
			ev := chat.Event{Conv: conv}
			if err := ev.UnmarshalJSON(v); err != nil {
				return err
			}
			out = append(out, ev)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s after %d: %w", conv, after, err)
	}
	return out, nil
}

func (e *Engine) event(conv chat.ConversationID, seq chat.Seq) (chat.Event, error) {
	evs, err := e.Read(context.Background(), conv, seq-1, 1)
	if err != nil {
		return chat.Event{}, err
	}
	if len(evs) == 0 || evs[0].Seq != seq {
		return chat.Event{}, fault.New(fault.NotFound, "There is no such message.")
	}
	return evs[0], nil
}

// Keyed returns the event under a key; see relay.Store.
func (e *Engine) Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error) {
	if !conv.Valid() || key == "" {
		return chat.Event{}, false, nil
	}
	x := e.convs.Take(conv)
	defer e.convs.Give(x)
	if err := e.loadEntry(conv, x); err != nil {
		return chat.Event{}, false, err
	}
	seq, ok := x.Keys[key]
	if !ok {
		return chat.Event{}, false, nil
	}
	ev, err := e.event(conv, seq)
	return ev, err == nil, err
}

// Conversation returns the folded row.
func (e *Engine) Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error) {
	var row chat.Conversation
	found := false
	err := e.view(func(tx *bbolt.Tx) error { return readRow(tx, conv, &row, &found) })
	if err != nil {
		return row, fmt.Errorf("read conversation %s: %w", conv, err)
	}
	if !found {
		return row, fault.New(fault.NotFound, "There is no such conversation.")
	}
	return row, nil
}

func readRow(tx *bbolt.Tx, conv chat.ConversationID, row *chat.Conversation, found *bool) error {
	if !conv.Valid() {
		return nil
	}
	v := tx.Bucket(bucketConv).Get(convKey(conv, rowPos))
	if v == nil {
		return nil
	}
	*found = true
	return json.Unmarshal(v, row)
}

// List calls each with conversations in a list; see relay.Lists. Rows are read a page at a time, so each may call the engine.
func (e *Engine) List(ctx context.Context, prefix, after string, backward bool, each func(string, chat.Conversation) bool) error {
	for {
		keys, rows, err := e.listPage(prefix, after, backward)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(keys[i], rows[i]) {
				return nil
			}
		}
		if len(keys) < listPage {
			return nil
		}
		after = keys[len(keys)-1]
	}
}

const listPage = 128

func (e *Engine) listPage(prefix, after string, backward bool) (keys []string, rows []chat.Conversation, err error) {
	err = e.view(func(tx *bbolt.Tx) error {
		next, k := listCursor(tx.Bucket(bucketList).Cursor(), prefix, after, backward)
		last := after
		for ; k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(keys) < listPage; k = next() {
			i := bytes.LastIndexByte(k, 0)
			if order := strings.Compare(string(k), last); i < 0 || last != "" && (order == 0 || (order < 0) != backward) {
				return errDamaged // or the walk would have no end
			}
			last = string(k)
			var row chat.Conversation
			found := false
			if err := readRow(tx, chat.ConversationID(k[i+1:]), &row, &found); err != nil {
				return err
			}
			if found {
				keys, rows = append(keys, string(k)), append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	return keys, rows, nil
}

// listCursor puts a cursor on the first key of a listing and returns how to go on.
func listCursor(c *bbolt.Cursor, prefix, after string, backward bool) (next func() []byte, k []byte) {
	if !backward {
		from := max(prefix, after)
		k, _ = c.Seek([]byte(from))
		if k != nil && string(k) == after {
			k, _ = c.Next()
		}
		return func() []byte { k, _ := c.Next(); return k }, k
	}
	end := beyond(prefix)
	if from := []byte(after); after != "" && (end == nil || bytes.Compare(from, end) < 0) {
		end = from
	}
	if end == nil {
		k, _ = c.Last()
	} else if k, _ = c.Seek(end); k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	return func() []byte { k, _ := c.Prev(); return k }, k
}

// beyond is the first key after all that begin with prefix; nil when there is none.
func beyond(prefix string) []byte {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// All calls each with every conversation's id, in order.
func (e *Engine) All(ctx context.Context, after chat.ConversationID, each func(chat.ConversationID) bool) error {
	for {
		var page []chat.ConversationID
		err := e.view(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketConv).Cursor()
			from := []byte(after)
			if after != "" {
				from = append(convKey(after, rowPos), 0)
			}
			for k, _ := c.Seek(from); k != nil && len(page) < 1024; k, _ = c.Seek(from) {
				if len(k) <= 8 {
					return errDamaged
				}
				id := chat.ConversationID(k[:len(k)-8])
				if !id.Valid() || id <= after || len(page) > 0 && id <= page[len(page)-1] {
					return errDamaged // or the walk would have no end
				}
				page = append(page, id)
				from = append(convKey(id, rowPos), 0)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("list conversations: %w", err)
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
		if len(page) < 1024 {
			return nil
		}
	}
}
