package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/transfer"
)

// errThere says that what is put is there already.
var errThere = errors.New("it is there already")

// EachTask calls each with every open task; see transfer.Engine.
func (e *Engine) EachTask(ctx context.Context, each func(relay.Task) bool) error {
	e.tasks.mu.Lock()
	all := make([]relay.Task, 0, len(e.tasks.m))
	for _, x := range e.tasks.m {
		all = append(all, x.Task)
	}
	e.tasks.mu.Unlock()
	for _, t := range all {
		if !each(t) {
			break
		}
	}
	return ctx.Err()
}

// PutLog writes a conversation as it was elsewhere; see transfer.Engine.
func (e *Engine) PutLog(ctx context.Context, conv chat.ConversationID, events []chat.Event, tasks []relay.Task) (bool, error) {
	x := e.convs.Take(conv)
	defer e.convs.Give(x)
	x.Reset()
	row := chat.Fold(chat.Conversation{}, events...)
	rowJSON, err := json.Marshal(&row)
	if err != nil {
		return false, fmt.Errorf("encode row of %s: %w", conv, err)
	}
	changes := make([]change, len(tasks))
	for i, t := range tasks {
		changes[i] = change{id: taskID{t.Worker, conv, t.Name}, put: true, ask: true, row: taskRow{Seq: t.Seq, Due: t.Due.UnixMicro()}}
	}
	err = e.do(&op{
		check: func(tx *bbolt.Tx) error {
			if tx.Bucket(bucketConv).Get(convKey(conv, rowPos)) != nil {
				return errThere
			}
			return nil
		},
		write: func(tx *bbolt.Tx) error { return putLog(tx, conv, events, row.Lists(), rowJSON, changes) },
		after: func() { e.tasks.apply(changes) },
	})
	if errors.Is(err, errThere) {
		return false, nil
	}
	return err == nil, err
}

func putLog(tx *bbolt.Tx, conv chat.ConversationID, events []chat.Event, lists []string, row []byte, tasks []change) error {
	c, l, k := tx.Bucket(bucketConv), tx.Bucket(bucketList), tx.Bucket(bucketTask)
	for _, ev := range events {
		b, err := ev.MarshalJSON()
		if err == nil {
			err = c.Put(convKey(conv, uint64(ev.Seq)), b)
		}
		if err != nil {
			return err
		}
	}
	for _, key := range lists {
		if err := l.Put([]byte(key+"\x00"+string(conv)), nil); err != nil {
			return err
		}
	}
	for _, t := range tasks {
		if err := t.write(k); err != nil {
			return err
		}
	}
	return c.Put(convKey(conv, rowPos), row)
}

// EachRecord calls each with every document; see transfer.Engine.
func (e *Engine) EachRecord(ctx context.Context, each func(transfer.Record) bool) error {
	var after []byte
	for {
		var records []transfer.Record
		err := e.view(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketDoc).Cursor()
			k, v := c.First()
			if after != nil {
				k, v = c.Seek(append(bytes.Clone(after), 0))
			}
			for ; k != nil && len(records) < page; k, v = c.Next() {
				if after != nil && bytes.Compare(k, after) <= 0 {
					return errDamaged // or the walk would have no end
				}
				after = bytes.Clone(k)
				r, err := readRecord(tx, k, v)
				if err != nil {
					return err
				}
				records = append(records, r)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read documents: %w", err)
		}
		for _, r := range records {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(r) {
				return nil
			}
		}
		if len(records) < page {
			return nil
		}
	}
}

func readRecord(tx *bbolt.Tx, k, v []byte) (r transfer.Record, err error) {
	collection, id, _ := bytes.Cut(k, []byte{0})
	r.Collection, r.ID = string(collection), string(id)
	if r.Revision, err = readRevision(v); err != nil {
		return r, fmt.Errorf("decode document %q: %w", k, err)
	}
	prefix := append(bytes.Clone(k), 0)
	h := tx.Bucket(bucketHist).Cursor()
	for hk, hv := h.Seek(prefix); hk != nil && bytes.HasPrefix(hk, prefix); hk, hv = h.Next() {
		if len(hk) != len(prefix)+8 {
			continue // of a document whose name goes on
		}
		past, err := readRevision(hv)
		if err != nil {
			return r, fmt.Errorf("decode document %q: %w", k, err)
		}
		if past.Rev != binary.BigEndian.Uint64(hk[len(prefix):]) {
			return r, errDamaged
		}
		r.Past = append(r.Past, past)
	}
	return r, nil
}

func readRevision(v []byte) (transfer.Revision, error) {
	var row docRow
	err := json.Unmarshal(v, &row)
	return transfer.Revision{Rev: row.Rev, At: row.At, Deleted: row.Deleted, Keys: row.Keys, Body: row.Body}, err
}

// PutRecords writes documents as they were elsewhere; see transfer.Engine.
func (e *Engine) PutRecords(ctx context.Context, records []transfer.Record) (added int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = e.do(&op{write: func(tx *bbolt.Tx) error {
		for _, r := range records {
			if tx.Bucket(bucketDoc).Get(join(r.Collection, r.ID)) != nil {
				continue
			}
			if err := putRecord(tx, r); err != nil {
				return err
			}
			added++
		}
		return nil
	}})
	return added, err
}

func putRecord(tx *bbolt.Tx, r transfer.Record) error {
	feed := tx.Bucket(bucketFeed)
	cursor, err := feed.NextSequence()
	if err != nil {
		return err
	}
	name := join(r.Collection, r.ID)
	put := func(b *bbolt.Bucket, k []byte, v transfer.Revision, cursor uint64) error {
		row, err := json.Marshal(docRow{Rev: v.Rev, At: v.At, Cursor: cursor, Deleted: v.Deleted, Keys: v.Keys, Body: v.Body})
		if err != nil {
			return err
		}
		return b.Put(k, row)
	}
	if err := put(tx.Bucket(bucketDoc), name, r.Revision, cursor); err != nil {
		return err
	}
	for _, k := range r.Keys {
		if err := tx.Bucket(bucketKey).Put(join(r.Collection, k, r.ID), nil); err != nil {
			return err
		}
	}
	for _, v := range r.Past {
		if err := put(tx.Bucket(bucketHist), withNumber(join(r.Collection, r.ID), v.Rev), v, cursor); err != nil {
			return err
		}
	}
	if len(r.Past) == 0 {
		return nil
	}
	return feed.Put(withNumber([]byte(r.Collection), cursor), []byte(r.ID))
}
