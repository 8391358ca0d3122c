package chat

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// AppendJSON appends what json.Marshal makes of c, byte for byte. Every message writes its conversation's row again, and most of the row is texts,
// numbers and times, so those are written by hand; whatever is made of parts goes through encoding/json. A field that is forgotten here fails a test.
func (c *Conversation) AppendJSON(b []byte) ([]byte, error) {
	w := row{b: append(b, `{"id":`...)}
	w.b = appendText(w.b, string(c.ID))
	w.text("site", c.Site)
	w.text("lang", c.Lang)
	w.text("page", c.Page)
	w.b = strconv.AppendUint(append(w.b, `,"head":`...), uint64(c.Head), 10)
	w.time("created", c.Created)
	w.time("updated", c.Updated)
	w.owner(&c.Owner)
	w.time("waiting", c.WaitingSince)
	w.number("priority", c.Priority)
	w.text("escalated", string(c.Escalated))
	w.text("team", c.Team)
	w.part(c.Customer != Identified{}, "customer", &c.Customer)
	w.last(&c.Last)
	w.seq("heard", c.Heard)
	w.seq("answered", c.Answered)
	w.seq("handled", c.Handled)
	w.part(c.SeenBy != Seen{}, "seen", &c.SeenBy)
	w.text("intent", c.Intent)
	w.part(c.Flow != nil, "flow", c.Flow)
	w.part(len(c.Later) > 0, "later", c.Later)
	w.part(len(c.Slots) > 0, "slots", c.Slots)
	w.part(c.Form != nil, "form", c.Form)
	w.part(len(c.Buttons) > 0, "buttons", c.Buttons)
	w.part(len(c.Actions) > 0, "actions", c.Actions)
	w.part(len(c.Signs) > 0, "signs", c.Signs)
	w.part(len(c.Shown) > 0, "shown", c.Shown)
	w.number("misses", c.Misses)
	w.seq("offered", c.Offered)
	w.part(c.Rating != nil, "rating", c.Rating)
	w.time("closed", c.Closed)
	w.text("code", c.Code)
	w.part(len(c.Agents) > 0, "agents", c.Agents)
	if w.err != nil {
		return b, fmt.Errorf("encode row of %s: %w", c.ID, w.err)
	}
	return append(w.b, '}'), nil
}

// row is a JSON object under way. What is empty is left out, as the tags of Conversation say.
type row struct {
	b   []byte
	err error
}

func (w *row) name(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), `":`...)
}

func (w *row) text(name, v string) {
	if v != "" {
		w.name(name)
		w.b = appendText(w.b, v)
	}
}

func (w *row) seq(name string, v Seq) {
	if v != 0 {
		w.name(name)
		w.b = strconv.AppendUint(w.b, uint64(v), 10)
	}
}

func (w *row) number(name string, v int) {
	if v != 0 {
		w.name(name)
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	}
}

func (w *row) time(name string, t time.Time) {
	if !t.IsZero() {
		w.name(name)
		w.moment(t)
	}
}

func (w *row) moment(t time.Time) {
	b, err := t.AppendText(append(w.b, '"'))
	if err != nil {
		w.err = err
		return
	}
	w.b = append(b, '"')
}

func (w *row) owner(o *Owner) {
	w.b = appendText(append(w.b, `,"owner":{"role":`...), string(o.Role))
	w.text("agent", o.Agent)
	w.text("name", o.Name)
	w.text("reason", string(o.Reason))
	w.seq("since", o.Since)
	w.time("at", o.At)
	w.b = append(w.b, '}')
}

func (w *row) last(l *Last) {
	if *l == (Last{}) {
		return
	}
	w.b = strconv.AppendUint(append(w.b, `,"last":{"seq":`...), uint64(l.Seq), 10)
	w.b = appendText(append(w.b, `,"role":`...), string(l.Role))
	w.b = appendText(append(w.b, `,"text":`...), l.Text)
	w.b = append(w.b, `,"at":`...)
	w.moment(l.At)
	w.b = append(w.b, '}')
}

func (w *row) part(there bool, name string, v any) {
	if !there || w.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		w.err = err
		return
	}
	w.name(name)
	w.b = append(w.b, b...)
}
