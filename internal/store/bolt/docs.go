package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/fault"
	"balie/internal/store/document"
	"balie/internal/store/plan"
)

// docRow is a document at rest.
type docRow struct {
	Rev     uint64          `json:"r"`
	At      int64           `json:"at"`
	Cursor  uint64          `json:"c"`
	Deleted bool            `json:"x,omitempty"`
	Keys    []string        `json:"k,omitempty"`
	Body    json.RawMessage `json:"b,omitempty"`
}

func (r docRow) doc(collection, id string) document.Doc {
	return document.Doc{Collection: collection, ID: id, Rev: r.Rev, At: time.UnixMicro(r.At).UTC(), Cursor: r.Cursor, Deleted: r.Deleted, Body: r.Body}
}

func join(parts ...string) []byte { return []byte(strings.Join(parts, "\x00")) }

func withNumber(k []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(append(k, 0), n) }

// PutDocs writes documents, all or none; see document.Engine.
func (e *Engine) PutDocs(ctx context.Context, puts ...document.Put) ([]document.Doc, error) {
	if err := plan.LawfulPuts(puts); err != nil || len(puts) == 0 {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, olds := make([]docRow, len(puts)), make([]docRow, len(puts))
	err := e.do(&op{
		check: func(tx *bbolt.Tx) error { return checkDocs(tx, puts, rows, olds, e.opt.Now()) },
		write: func(tx *bbolt.Tx) error {
			for i, p := range puts {
				if err := writeDoc(tx, p, &rows[i], olds[i]); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	docs := make([]document.Doc, len(puts))
	for i, p := range puts {
		docs[i] = rows[i].doc(p.Collection, p.ID)
	}
	return docs, nil
}

// checkDocs compares revisions and prepares the new rows.
func checkDocs(tx *bbolt.Tx, puts []document.Put, rows, olds []docRow, now time.Time) error {
	for i, p := range puts {
		k := join(p.Collection, p.ID)
		if v := tx.Bucket(bucketDoc).Get(k); v != nil {
			if err := json.Unmarshal(v, &olds[i]); err != nil {
				return fmt.Errorf("decode document %s: %w", k, err)
			}
		}
		rev, err := plan.Revise(p, olds[i].Rev, olds[i].Deleted)
		if err != nil {
			return err
		}
		rows[i] = docRow{Rev: rev, At: now.UnixMicro(), Deleted: p.Delete}
		if !p.Delete {
			rows[i].Keys, rows[i].Body = p.Keys, p.Body
		}
	}
	return nil
}

func writeDoc(tx *bbolt.Tx, p document.Put, row *docRow, old docRow) error {
	feed, keys := tx.Bucket(bucketFeed), tx.Bucket(bucketKey)
	cursor, err := feed.NextSequence()
	if err != nil {
		return err
	}
	row.Cursor = cursor
	v, err := json.Marshal(row)
	if err != nil {
		return err
	}
	name, docs := join(p.Collection, p.ID), tx.Bucket(bucketDoc)
	if row.Deleted && !p.History {
		err = docs.Delete(name) // a tombstone is for the feed; without one nothing stays
	} else {
		err = docs.Put(name, v)
	}
	if err != nil {
		return err
	}
	for _, k := range plan.Minus(old.Keys, row.Keys) {
		if err := keys.Delete(join(p.Collection, k, p.ID)); err != nil {
			return err
		}
	}
	for _, k := range plan.Minus(row.Keys, old.Keys) {
		if err := keys.Put(join(p.Collection, k, p.ID), nil); err != nil {
			return err
		}
	}
	if !p.History {
		return nil
	}
	if old.Cursor > 0 { // only a document's latest change stays in the feed
		if err := feed.Delete(withNumber([]byte(p.Collection), old.Cursor)); err != nil {
			return err
		}
	}
	if err := feed.Put(withNumber([]byte(p.Collection), cursor), []byte(p.ID)); err != nil {
		return err
	}
	return tx.Bucket(bucketHist).Put(withNumber(name, row.Rev), v)
}

// GetDoc reads one document; see document.Engine.
func (e *Engine) GetDoc(ctx context.Context, collection, id string) (document.Doc, error) {
	var row docRow
	found := false
	err := e.view(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketDoc).Get(join(collection, id))
		if v == nil {
			return nil
		}
		found = true
		return json.Unmarshal(v, &row)
	})
	if err != nil {
		return document.Doc{}, fmt.Errorf("read document %s %s: %w", collection, id, err)
	}
	if !found || row.Deleted {
		return document.Doc{}, fault.Newf(fault.NotFound, "There is no %s.", id)
	}
	return row.doc(collection, id), nil
}

// page is how many documents are read in one transaction; the callbacks run between transactions, so they may write.
const page = 256

// scan reads pages of a bucket under prefix, from the first key after the given one, and hands each page's documents on.
func (e *Engine) scan(ctx context.Context, bucket, prefix, after []byte, pick func(tx *bbolt.Tx, k, v []byte) (document.Doc, bool, error), each func(document.Doc) bool) error {
	for {
		var docs []document.Doc
		n := 0
		err := e.view(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucket).Cursor()
			from := prefix
			if len(after) > 0 {
				from = append(bytes.Clone(after), 0)
			}
			for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, prefix) && n < page; k, v = c.Next() {
				n++
				if after != nil && bytes.Compare(k, after) <= 0 {
					return errDamaged // or the walk would have no end
				}
				after = bytes.Clone(k)
				d, ok, err := pick(tx, k, v)
				if err != nil {
					return err
				}
				if ok {
					docs = append(docs, d)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("scan documents %q: %w", prefix, err)
		}
		for _, d := range docs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(d) {
				return nil
			}
		}
		if n < page {
			return nil
		}
	}
}

// pickRow reads a living document of the collection from its row.
func pickRow(collection string) func(*bbolt.Tx, []byte, []byte) (document.Doc, bool, error) {
	return func(_ *bbolt.Tx, k, v []byte) (document.Doc, bool, error) {
		var row docRow
		if err := json.Unmarshal(v, &row); err != nil {
			return document.Doc{}, false, err
		}
		return row.doc(collection, string(k[len(collection)+1:])), !row.Deleted, nil
	}
}

// ListDocs lists by key; see document.Engine.
func (e *Engine) ListDocs(ctx context.Context, collection, index, prefix string, each func(document.Doc) bool) error {
	if index == "" {
		from := join(collection, prefix)
		return e.scan(ctx, bucketDoc, from, nil, pickRow(collection), each)
	}
	return e.scan(ctx, bucketKey, join(collection, index+"/"+prefix), nil, func(tx *bbolt.Tx, k, _ []byte) (document.Doc, bool, error) {
		id := string(k[bytes.LastIndexByte(k, 0)+1:])
		var row docRow
		if v := tx.Bucket(bucketDoc).Get(join(collection, id)); v == nil {
			return document.Doc{}, false, nil
		} else if err := json.Unmarshal(v, &row); err != nil {
			return document.Doc{}, false, err
		}
		return row.doc(collection, id), !row.Deleted, nil
	}, each)
}

// DocHistory lists the kept revisions, newest first; see document.Engine.
func (e *Engine) DocHistory(ctx context.Context, collection, id string, each func(document.Doc) bool) error {
	name := join(collection, id)
	for before := ^uint64(0); before > 0; {
		docs, err := e.historyPage(collection, id, name, before)
		if err != nil {
			return fmt.Errorf("read history of %s %s: %w", collection, id, err)
		}
		for _, d := range docs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(d) {
				return nil
			}
		}
		if len(docs) < historyPage {
			return nil
		}
		before = docs[len(docs)-1].Rev
	}
	return nil
}

const historyPage = 32

// historyPage reads the revisions before one, newest first.
func (e *Engine) historyPage(collection, id string, name []byte, before uint64) (docs []document.Doc, err error) {
	key := withNumber(name, before)
	prefix := key[:len(key)-8]
	err = e.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketHist).Cursor()
		from := c.Prev
		if k, _ := c.Seek(key); k == nil {
			from = c.Last
		}
		for k, v := from(); len(k) == len(key) && bytes.HasPrefix(k, prefix) && len(docs) < historyPage; k, v = c.Prev() {
			var row docRow
			if err := json.Unmarshal(v, &row); err != nil {
				return err
			}
			if rev := binary.BigEndian.Uint64(k[len(k)-8:]); rev != row.Rev || rev >= before {
				return errDamaged
			}
			docs, before = append(docs, row.doc(collection, id)), row.Rev
		}
		return nil
	})
	return docs, err
}

// DocChanges follows a collection that keeps history; see document.Engine.
func (e *Engine) DocChanges(ctx context.Context, collection string, after uint64, each func(document.Doc) bool) (uint64, error) {
	prefix := append([]byte(collection), 0)
	last := after
	err := e.scan(ctx, bucketFeed, prefix, withNumber([]byte(collection), after), func(tx *bbolt.Tx, k, v []byte) (document.Doc, bool, error) {
		id := string(v)
		var row docRow
		b := tx.Bucket(bucketDoc).Get(join(collection, id))
		if b == nil {
			return document.Doc{}, false, nil
		}
		if err := json.Unmarshal(b, &row); err != nil {
			return document.Doc{}, false, err
		}
		return row.doc(collection, id), row.Cursor == binary.BigEndian.Uint64(k[len(k)-8:]), nil
	}, func(d document.Doc) bool {
		if !each(d) {
			return false
		}
		last = d.Cursor
		return true
	})
	return last, err
}
