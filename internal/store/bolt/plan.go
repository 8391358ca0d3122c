package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// plan numbers the drafts, folds them and encodes what must be written; nothing is changed yet.
func (e *Engine) plan(a relay.Append, x *entry) (*plan, error) {
	p := &plan{row: x.row, leave: a.Leave}
	if err := e.number(a, x, p); err != nil {
		return nil, err
	}
	if a.At != chat.Any && a.At != x.row.Head && (len(p.fresh) > 0 || len(a.Drafts) == 0) {
		return nil, fault.Newf(fault.Conflict, "Somebody else was first; the conversation is at %d now.", x.row.Head)
	}
	if len(p.fresh) == 0 {
		return p, nil
	}
	if err := e.encode(a.Conv, p); err != nil {
		return nil, err
	}
	p.row = chat.Fold(x.row, p.fresh...)
	b, err := json.Marshal(&p.row)
	if err != nil {
		return nil, fmt.Errorf("encode row of %s: %w", a.Conv, err)
	}
	p.puts = append(p.puts, [2][]byte{convKey(a.Conv, rowPos), b})
	p.lists = p.row.Lists()
	p.drop, p.add = minus(x.lists, p.lists), minus(p.lists, x.lists)
	if e.opt.Route == nil {
		return p, nil
	}
	routed := e.opt.Route(&p.row, p.fresh)
	p.leave = append(p.leave[:len(p.leave):len(p.leave)], routed...)
	return p, lawfulTasks(routed)
}

// encode writes the fresh events out, and earlier ones again that are blanked. What is folded is what will be read back: text that is not
// UTF-8 changes on its way through JSON, so it is folded as it comes out there.
func (e *Engine) encode(conv chat.ConversationID, p *plan) error {
	for i := range p.fresh {
		ev := &p.fresh[i]
		b, err := ev.MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		if len(b) > maxEvent {
			return fault.New(fault.TooLong, "This is too long to store.")
		}
		if bytes.Contains(b, []byte(`\ufffd`)) {
			if err := ev.UnmarshalJSON(b); err != nil {
				return err
			}
		}
		p.puts = append(p.puts, [2][]byte{convKey(conv, uint64(ev.Seq)), b})
		if r, ok := ev.Body.(*chat.Redacted); ok {
			if err := e.blank(conv, r, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// number gives each draft its event: an earlier one for a repeated key, else the next.
func (e *Engine) number(a relay.Append, x *entry, p *plan) error {
	at := e.opt.Now().UTC().Truncate(time.Microsecond)
	if at.Before(x.row.Updated) { // a clock set back does not turn the log round
		at = x.row.Updated
	}
	for _, d := range a.Drafts {
		if d.Key != "" {
			old, seen, err := e.earlier(a.Conv, d.Key, x, p)
			if err != nil {
				return err
			}
			if seen {
				if err := e.repeat(old, d); err != nil {
					return err
				}
				p.answers = append(p.answers, old)
				continue
			}
		}
		ev := chat.Event{Conv: a.Conv, Seq: x.row.Head + chat.Seq(len(p.fresh)) + 1, At: at, By: d.By, Key: d.Key, Body: d.Body}
		p.fresh, p.answers = append(p.fresh, ev), append(p.answers, ev)
	}
	return nil
}

// earlier finds the event that has the key: in the log, or earlier in this change.
func (e *Engine) earlier(conv chat.ConversationID, k chat.Key, x *entry, p *plan) (chat.Event, bool, error) {
	if seq, ok := x.keys[k]; ok {
		ev, err := e.event(conv, seq)
		return ev, true, err
	}
	for _, ev := range p.fresh {
		if ev.Key == k {
			return ev, true, nil
		}
	}
	return chat.Event{}, false, nil
}

// repeat refuses a draft that uses the key of an event to say something else. An event that was redacted has lost its words, so a
// retry of it is measured without them.
func (e *Engine) repeat(old chat.Event, d chat.Draft) error {
	if old.By == d.By && sameBody(old.Body, d.Body) {
		return nil
	}
	bare := chat.Blank(chat.Event{Body: d.Body}).Body
	if old.By == d.By && sameBody(old.Body, bare) {
		gone, err := e.redacted(old.Conv, old.Seq)
		if err != nil || gone {
			return err
		}
	}
	return fault.New(fault.IDConflict, "This key was already used for something else.")
}

func sameBody(a, b chat.Body) bool {
	x, errX := plain(a)
	y, errY := plain(b)
	return errX == nil && errY == nil && a.Kind() == b.Kind() && bytes.Equal(x, y)
}

// plain is the JSON of a body as it is after a journey to disk and back.
func plain(b chat.Body) ([]byte, error) {
	v, err := json.Marshal(b)
	return bytes.ReplaceAll(v, []byte(`\ufffd`), []byte("\ufffd")), err
}

// redacted reports whether the event's words were taken out. It reads on through the log; only a retry of a redacted event asks.
func (e *Engine) redacted(conv chat.ConversationID, seq chat.Seq) (bool, error) {
	for after := seq; ; {
		evs, err := e.Read(context.Background(), conv, after, 256)
		if err != nil || len(evs) == 0 {
			return false, err
		}
		for _, ev := range evs {
			if r, ok := ev.Body.(*chat.Redacted); ok && slices.Contains(r.Seqs, seq) {
				return true, nil
			}
		}
		after = evs[len(evs)-1].Seq
	}
}

// blank writes the events that r names without their words, those of this very change included.
func (e *Engine) blank(conv chat.ConversationID, r *chat.Redacted, p *plan) error {
	for _, seq := range r.Seqs {
		old, err := e.planned(conv, seq, p)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		b, err := chat.Blank(old).MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		p.puts = append(p.puts, [2][]byte{convKey(conv, uint64(seq)), b})
	}
	return nil
}

func (e *Engine) planned(conv chat.ConversationID, seq chat.Seq, p *plan) (chat.Event, error) {
	for _, ev := range p.fresh {
		if ev.Seq == seq {
			return ev, nil
		}
	}
	return e.event(conv, seq)
}

func (p *plan) write(tx *bbolt.Tx, conv chat.ConversationID) error {
	c := tx.Bucket(bucketConv)
	for _, kv := range p.puts {
		if err := c.Put(kv[0], kv[1]); err != nil {
			return err
		}
	}
	if len(p.drop)+len(p.add) == 0 {
		return nil
	}
	l := tx.Bucket(bucketList)
	for _, k := range p.drop {
		if err := l.Delete([]byte(k + "\x00" + string(conv))); err != nil {
			return err
		}
	}
	for _, k := range p.add {
		if err := l.Put([]byte(k+"\x00"+string(conv)), nil); err != nil {
			return err
		}
	}
	return nil
}

// minus returns the members of a that are not in b.
func minus(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
