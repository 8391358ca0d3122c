package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/store/plan"
)

// loadEntry fills an entry from disk: the row, and the keys of its events. A row that does not stand at the end of its events
// is damage, and is refused before anything is built on it.
func (e *Engine) loadEntry(id chat.ConversationID, x *plan.Entry) error {
	if x.Loaded {
		return nil
	}
	x.Reset()
	var row chat.Conversation
	err := e.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketConv).Cursor()
		var last chat.Seq
		for k, v := c.Seek(convKey(id, 0)); k != nil && bytes.HasPrefix(k, []byte(id)); k, v = c.Next() {
			if pos := binary.BigEndian.Uint64(k[len(id):]); pos == rowPos {
				if err := json.Unmarshal(v, &row); err != nil {
					return err
				}
			} else if last++; pos != uint64(last) {
				return errDamaged
			} else if err := seen(x, v, last); err != nil {
				return err
			}
		}
		if last != row.Head {
			return errDamaged
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load conversation %s: %w", id, err)
	}
	x.Fill(row)
	return nil
}

// seen notes the key of an event at rest.
func seen(x *plan.Entry, v []byte, seq chat.Seq) error {
	if !bytes.Contains(v, []byte(`"k":`)) {
		return nil
	}
	var s struct {
		K chat.Key `json:"k"`
	}
	if err := json.Unmarshal(v, &s); err != nil {
		return err
	}
	if s.K != "" {
		x.Keys[s.K] = seq
	}
	return nil
}
