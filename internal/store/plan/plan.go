// Package plan works out what a change to a conversation, or a put of documents, would write, before an engine writes it. It knows the
// rules that are the same on every engine: which drafts are repeats, how fresh ones are numbered and folded, what a redaction blanks,
// which names and sizes can be kept at all. It reads former events through the engine and writes nothing.
package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Planner plans changes for one engine.
type Planner struct {
	Route relay.Route                                                                                        // nil: nobody is told what to do
	Now   func() time.Time                                                                                   // stamps events
	Read  func(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) // the engine's
}

// Plan is a change worked out against a row. Without Fresh there is nothing to write but tasks.
type Plan struct {
	Answers []chat.Event      // one for each draft, repeats included
	Fresh   []chat.Event      // those that are new
	Row     chat.Conversation // after them
	RowJSON []byte
	Puts    []Put         // what is to lie in the log: of one position, the last counts
	Lists   []string      // where the row stands now
	Drop    []string      // of the lists it stood in
	Add     []string      // to the lists it stood not in
	Leave   []relay.Leave // tasks, those that Route names included
}

// roomForRow is what most rows fit in.
const roomForRow = 640

// Put is an event as it is to lie in the log.
type Put struct {
	Seq  chat.Seq
	Key  chat.Key
	Body []byte
}

// Conflict is what an engine says when somebody spoke first; head is where the conversation is.
func Conflict(head chat.Seq) error {
	return fault.Newf(fault.Conflict, "Somebody else was first; the conversation is at %d now.", head)
}

// Change numbers the drafts, folds them and encodes what must be written; nothing is changed yet. The position is compared with the entry:
// an engine whose entries may be behind loads them again before it believes a Conflict.
func (pl *Planner) Change(ctx context.Context, a relay.Append, x *Entry) (*Plan, error) {
	p := &Plan{Row: x.Row, Leave: a.Leave}
	if err := pl.number(ctx, a, x, p); err != nil {
		return nil, err
	}
	if a.At != chat.Any && a.At != x.Row.Head && (len(p.Fresh) > 0 || len(a.Drafts) == 0) {
		return nil, Conflict(x.Row.Head)
	}
	if len(p.Fresh) == 0 {
		return p, nil
	}
	if err := pl.encode(ctx, a.Conv, p); err != nil {
		return nil, err
	}
	p.Row = chat.Fold(x.Row, p.Fresh...)
	var err error
	if p.RowJSON, err = p.Row.AppendJSON(make([]byte, 0, roomForRow)); err != nil {
		return nil, err
	}
	p.Lists = p.Row.Lists()
	p.Drop, p.Add = Minus(x.Lists, p.Lists), Minus(p.Lists, x.Lists)
	if pl.Route == nil {
		return p, nil
	}
	routed := pl.Route(&p.Row, p.Fresh)
	p.Leave = append(p.Leave[:len(p.Leave):len(p.Leave)], routed...)
	return p, lawfulTasks(routed)
}

// encode writes the fresh events out, and earlier ones again that are blanked. What is folded is what will be read back: text that is not
// UTF-8 changes on its way through JSON, so it is folded as it comes out there.
func (pl *Planner) encode(ctx context.Context, conv chat.ConversationID, p *Plan) error {
	for i := range p.Fresh {
		ev := &p.Fresh[i]
		b, err := ev.MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		if len(b) > maxEvent {
			return fault.New(fault.TooLong, "This is too long to store.")
		}
		raw := !utf8.Valid(b) // JSON that was given as it is may hold anything within its strings
		if raw {
			b = bytes.ToValidUTF8(b, []byte("\ufffd"))
		}
		if raw || bytes.Contains(b, []byte(`\ufffd`)) {
			if err := ev.UnmarshalJSON(b); err != nil {
				return err
			}
		}
		p.Puts = append(p.Puts, Put{ev.Seq, ev.Key, b})
		if r, ok := ev.Body.(*chat.Redacted); ok {
			if err := pl.blank(ctx, conv, r, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// number gives each draft its event: an earlier one for a repeated key, else the next.
func (pl *Planner) number(ctx context.Context, a relay.Append, x *Entry, p *Plan) error {
	at := pl.Now().UTC().Truncate(time.Microsecond)
	if at.Before(x.Row.Updated) { // a clock set back does not turn the log round
		at = x.Row.Updated
	}
	for _, d := range a.Drafts {
		if d.Key != "" {
			old, seen, err := pl.earlier(ctx, a.Conv, d.Key, x, p)
			if err != nil {
				return err
			}
			if seen {
				if err := pl.repeat(ctx, old, d); err != nil {
					return err
				}
				p.Answers = append(p.Answers, old)
				continue
			}
		}
		ev := chat.Event{Conv: a.Conv, Seq: x.Row.Head + chat.Seq(len(p.Fresh)) + 1, At: at, By: d.By, Key: d.Key, Body: d.Body}
		p.Fresh, p.Answers = append(p.Fresh, ev), append(p.Answers, ev)
	}
	return nil
}

// earlier finds the event that has the key: in the log, or earlier in this change.
func (pl *Planner) earlier(ctx context.Context, conv chat.ConversationID, k chat.Key, x *Entry, p *Plan) (chat.Event, bool, error) {
	if seq, ok := x.Keys[k]; ok {
		ev, err := pl.event(ctx, conv, seq)
		return ev, true, err
	}
	for _, ev := range p.Fresh {
		if ev.Key == k {
			return ev, true, nil
		}
	}
	return chat.Event{}, false, nil
}

// event reads one event; fault.NotFound if there is none.
func (pl *Planner) event(ctx context.Context, conv chat.ConversationID, seq chat.Seq) (chat.Event, error) {
	if seq == 0 {
		return chat.Event{}, errNoEvent
	}
	evs, err := pl.Read(ctx, conv, seq-1, 1)
	if err != nil {
		return chat.Event{}, err
	}
	if len(evs) == 0 || evs[0].Seq != seq {
		return chat.Event{}, errNoEvent
	}
	return evs[0], nil
}

var errNoEvent = fault.New(fault.NotFound, "There is no such message.")

// repeat refuses a draft that uses the key of an event to say something else. An event that was redacted has lost its words, so a
// retry of it is measured without them.
func (pl *Planner) repeat(ctx context.Context, old chat.Event, d chat.Draft) error {
	if old.By == d.By && sameBody(old.Body, d.Body) {
		return nil
	}
	bare := chat.Blank(chat.Event{Body: d.Body}).Body
	if old.By == d.By && sameBody(old.Body, bare) {
		gone, err := pl.redacted(ctx, old.Conv, old.Seq)
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
	return bytes.ReplaceAll(bytes.ToValidUTF8(v, []byte("\ufffd")), []byte(`\ufffd`), []byte("\ufffd")), err
}

// redacted reports whether the event's words were taken out. It reads on through the log; only a retry of a redacted event asks.
func (pl *Planner) redacted(ctx context.Context, conv chat.ConversationID, seq chat.Seq) (bool, error) {
	for after := seq; ; {
		evs, err := pl.Read(ctx, conv, after, 256)
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

// blank puts the events that r names without their words, those of this very change included.
func (pl *Planner) blank(ctx context.Context, conv chat.ConversationID, r *chat.Redacted, p *Plan) error {
	for _, seq := range r.Seqs {
		old, err := pl.planned(ctx, conv, seq, p)
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
		p.Puts = append(p.Puts, Put{seq, old.Key, b})
	}
	return nil
}

func (pl *Planner) planned(ctx context.Context, conv chat.ConversationID, seq chat.Seq, p *Plan) (chat.Event, error) {
	for _, ev := range p.Fresh {
		if ev.Seq == seq {
			return ev, nil
		}
	}
	return pl.event(ctx, conv, seq)
}

// Minus returns the members of a that are not in b.
func Minus(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
