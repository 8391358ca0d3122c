package web

import (
	"encoding/json"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
)

// The limits of the customer's door.
const (
	maxMessage = 4000     // characters of a message
	maxFrame   = 64 << 10 // bytes of a frame
	maxKey     = 128      // bytes of a key
	maxFields  = 40       // values of a form
)

// incoming is any frame a customer can send; see docs/protocol.md.
type incoming struct {
	Type     string            `json:"type"`
	Key      string            `json:"key"`
	Session  string            `json:"session"`
	After    chat.Seq          `json:"after"`
	Epoch    string            `json:"epoch"`
	Site     string            `json:"site"` // of the HTTP twin's hello
	Lang     string            `json:"lang"`
	Identity string            `json:"identity"`
	Page     string            `json:"page"`
	Text     string            `json:"text"`
	Article  string            `json:"article"`
	Button   string            `json:"button"`
	Form     string            `json:"form"`
	Values   map[string]string `json:"values"`
	Resolved *bool             `json:"resolved"`
	Score    int               `json:"score"`
	Effort   int               `json:"effort"`
	Comment  string            `json:"comment"`
	Seq      chat.Seq          `json:"seq"`
}

type welcomeFrame struct {
	Type         string              `json:"type"`
	Session      string              `json:"session"`
	Conversation chat.ConversationID `json:"conversation"`
	Reference    string              `json:"reference"`
	Epoch        string              `json:"epoch"`
	Seq          chat.Seq            `json:"seq"`
	Owner        chat.Role           `json:"owner"`
	Lang         string              `json:"lang"`
	Notice       *notice             `json:"notice,omitempty"`
	Error        *errorFrame         `json:"error,omitempty"` // HTTP only: the identity was not good
}

type resetFrame struct {
	Type  string `json:"type"`
	Epoch string `json:"epoch"`
}

// notice is what a customer reads before typing.
type notice struct {
	Text   string  `json:"text"`
	Hours  string  `json:"hours,omitempty"`
	People bool    `json:"people"`
	Quick  []quick `json:"quick,omitempty"`
}

type quick struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

type ackFrame struct {
	Type         string              `json:"type"`
	Key          string              `json:"key"`
	Seq          chat.Seq            `json:"seq"`
	Session      string              `json:"session,omitempty"`      // HTTP only
	Conversation chat.ConversationID `json:"conversation,omitempty"` // HTTP only
}

type errorFrame struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Key     string `json:"key,omitempty"`
}

type who struct {
	Role chat.Role `json:"role"`
	ID   string    `json:"id,omitempty"`
	Name string    `json:"name,omitempty"`
}

// messageOut is a message on the wire: its text also as HTML that may be shown as it is.
type messageOut struct {
	chat.Message
	HTML string `json:"html,omitempty"`
}

type actionOut struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	State     chat.ActionState `json:"state"`
	Receipt   string           `json:"receipt,omitempty"`
	UndoUntil *time.Time       `json:"undo_until,omitempty"`
	UndoOf    string           `json:"undo_of,omitempty"`
}

// timeForm is how moments look on the wire: UTC, milliseconds.
const timeForm = "2006-01-02T15:04:05.000Z"

// eventHead is what every event frame begins with.
type eventHead struct {
	Type         string              `json:"type"`
	Conversation chat.ConversationID `json:"conversation,omitempty"` // desk only
	Seq          chat.Seq            `json:"seq"`
	At           string              `json:"at"`
	From         who                 `json:"from"`
	Key          string              `json:"key,omitempty"` // the customer's own
	Kind         chat.Kind           `json:"kind"`
}

// encodeEvent writes an event as a frame: the head, then a field named after the kind. render turns a bot's Markdown into HTML.
func encodeEvent(e chat.Event, conv chat.ConversationID, ids bool, render func(string) string) ([]byte, error) {
	h := eventHead{Type: "event", Conversation: conv, Seq: e.Seq, At: e.At.UTC().Format(timeForm), From: who{Role: e.By.Role, Name: e.By.Name}, Kind: e.Body.Kind()}
	if ids {
		h.From.ID = e.By.ID
	}
	if e.By.Role == chat.RoleCustomer {
		h.Key = strings.TrimPrefix(string(e.Key), customerKey)
	}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(wireBody(e, render))
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(head)+len(body)+len(h.Kind)+8)
	out = append(out, head[:len(head)-1]...)
	out = append(out, `,"`...)
	out = append(out, h.Kind...)
	out = append(out, `":`...)
	out = append(out, body...)
	return append(out, '}'), nil
}

func wireBody(e chat.Event, render func(string) string) any {
	switch b := e.Body.(type) {
	case *chat.Message:
		m := messageOut{Message: *b}
		if e.By.Role == chat.RoleBot && b.Text != "" {
			m.HTML = render(b.Text)
		}
		return m
	case *chat.ActionMoved:
		if len(b.Params) == 0 && b.Reason == "" {
			a := actionOut{ID: b.ID, Name: b.Name, State: b.State, Receipt: b.Receipt, UndoOf: b.UndoOf}
			if !b.UndoUntil.IsZero() {
				a.UndoUntil = &b.UndoUntil
			}
			return a
		}
	}
	return e.Body
}

type queueFrame struct {
	Type     string `json:"type"`
	Position int    `json:"position"`
	Wait     *wait  `json:"wait,omitempty"`
}

type wait struct {
	Low  int `json:"low_s"`
	High int `json:"high_s"`
}

func encodeSignal(s relay.Signal) ([]byte, error) {
	switch s.Kind {
	case "delta":
		return json.Marshal(struct {
			Type string `json:"type"`
			Turn string `json:"turn"`
			Text string `json:"text"`
		}{"delta", s.Turn, s.Text})
	case "queue":
		q := queueFrame{Type: "queue", Position: s.Position}
		if s.WaitHigh > 0 {
			q.Wait = &wait{int(s.WaitLow / time.Second), int(s.WaitHigh / time.Second)}
		}
		return json.Marshal(q)
	default:
		return json.Marshal(struct {
			Type string `json:"type"`
			From who    `json:"from"`
		}{s.Kind, who{Role: s.From.Role, Name: s.From.Name}})
	}
}
