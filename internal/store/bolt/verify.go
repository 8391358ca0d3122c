package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/store/verify"
)

// Verify folds every log again and compares it with what is kept beside it, then compares the documents with their indexes and the
// feed. It calls each with every problem: conv names the conversation, or "" for a document. It returns how much it read; err is for
// what kept it from looking. Progress is told how many
// conversations were looked at.
func (e *Engine) Verify(ctx context.Context, each func(conv, problem string), progress func(done int)) (conversations, events int, err error) {
	conversations, events, err = verify.Log(ctx, e, func(id chat.ConversationID, problem string) { each(string(id), problem) }, progress)
	if err != nil {
		return conversations, events, err
	}
	return conversations, events, e.verifyDocs(func(problem string) { each("", problem) })
}

// verifyDocs reads all documents in one transaction.
func (e *Engine) verifyDocs(problem func(string)) error {
	err := e.view(func(tx *bbolt.Tx) error {
		keys, feed := tx.Bucket(bucketKey), tx.Bucket(bucketFeed)
		wantKeys, wantFeed := 0, 0
		err := walk(tx.Bucket(bucketDoc), func(k, v []byte) error {
			collection, id, ok := bytes.Cut(k, []byte{0})
			var row docRow
			if err := json.Unmarshal(v, &row); err != nil || !ok {
				problem(fmt.Sprintf("document %q cannot be read", k))
				return nil
			}
			slices.Sort(row.Keys)
			for _, key := range slices.Compact(row.Keys) {
				wantKeys++
				if at, _ := keys.Cursor().Seek(join(string(collection), key, string(id))); !bytes.Equal(at, join(string(collection), key, string(id))) {
					problem(fmt.Sprintf("document %q is missing from its index", k))
				}
			}
			if at := feed.Get(withNumber(bytes.Clone(collection), row.Cursor)); bytes.Equal(at, id) {
				wantFeed++
			} else if tx.Bucket(bucketHist).Get(withNumber(bytes.Clone(k), row.Rev)) != nil {
				problem(fmt.Sprintf("document %q is missing from the feed", k))
			}
			return nil
		})
		haveKeys, errKeys := count(keys)
		haveFeed, errFeed := count(feed)
		if haveKeys != wantKeys {
			problem(fmt.Sprintf("the index has %d entries, the documents have %d", haveKeys, wantKeys))
		}
		if haveFeed != wantFeed {
			problem(fmt.Sprintf("the feed has %d entries, the documents have %d", haveFeed, wantFeed))
		}
		return errors.Join(err, errKeys, errFeed)
	})
	if err != nil {
		return fmt.Errorf("verify documents: %w", err)
	}
	return nil
}

// walk calls each with every entry in order. Entries out of order are damage: a walk over them might have no end.
func walk(b *bbolt.Bucket, each func(k, v []byte) error) error {
	var last []byte
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if last != nil && bytes.Compare(k, last) <= 0 {
			return errDamaged
		}
		last = k
		if err := each(k, v); err != nil {
			return err
		}
	}
	return nil
}

func count(b *bbolt.Bucket) (n int, err error) {
	err = walk(b, func(_, _ []byte) error { n++; return nil })
	return n, err
}
