// Package chat is the language of the house: conversations, the numbered events they consist of, who said them, and the
// fold that turns events into a present state. It imports no other room but fault, reads no clock and does no work of
// its own, so that any past conversation can be replayed through it with the same result.
//
// A conversation is an append-only log of events numbered 1, 2, 3 … without gaps. Everything that is known about it, who
// has the next word included, is the fold of those events: see Conversation and Fold.
package chat

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ConversationID names a conversation: 26 characters of lower-case base32 that sort by time of birth.
type ConversationID string

// Seq is a position in a conversation's log. The first event is 1; 0 is the place before it.
type Seq uint64

// Any, given as a position to Append, means: wherever the conversation is by then.
const Any = ^Seq(0)

// Key is the sender's own name for a draft, unique in its conversation, so that a retry is not a second message.
// The empty key promises nothing.
type Key string

// Role says in which capacity somebody speaks, or who owns the next word.
type Role string

// The roles. The first four speak; a conversation's owner is Bot, Queue, Agent or Nobody.
const (
	RoleCustomer Role = "customer"
	RoleBot      Role = "bot"
	RoleAgent    Role = "agent"
	RoleSystem   Role = "system"
	RoleQueue    Role = "queue"
	RoleNobody   Role = "nobody"
)

// Party is who did something: a role, and for agents an id and the name a customer may see.
type Party struct {
	Role Role   `json:"role"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Parties that need no name of their own.
var (
	Customer = Party{Role: RoleCustomer}
	Bot      = Party{Role: RoleBot, Name: "Chatbot"}
	System   = Party{Role: RoleSystem}
)

// Kind names a kind of event on disk and on the wire.
type Kind string

// Body is what an event says. Apply changes the folded state and nothing else: it must be a pure function of the state and the
// event, or verification and replay break.
type Body interface {
	Kind() Kind
	Apply(c *Conversation, e *Event)
}

// Draft is an event that nobody has numbered yet.
type Draft struct {
	By   Party
	Key  Key
	Body Body
}

// Event is one numbered entry of a conversation's log. At is in UTC, whole microseconds.
type Event struct {
	Conv ConversationID
	Seq  Seq
	At   time.Time
	By   Party
	Key  Key
	Body Body
}

// stored is the form of an event at rest. Names are short because there are millions of them.
type stored struct {
	Seq  Seq             `json:"n"`
	At   int64           `json:"at"`
	By   Party           `json:"by"`
	Key  Key             `json:"k,omitempty"`
	Kind Kind            `json:"t"`
	Body json.RawMessage `json:"b"`
}

// MarshalJSON gives the form at rest; the conversation's id is not in it, the place where it lies says it. It is written by hand, in
// the order of stored: every message passes here, and only its body is of many forms.
func (e Event) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode %s event: %w", e.Body.Kind(), err)
	}
	b := make([]byte, 0, 128+len(body))
	b = strconv.AppendUint(append(b, `{"n":`...), uint64(e.Seq), 10)
	b = strconv.AppendInt(append(b, `,"at":`...), e.At.UnixMicro(), 10)
	b = appendText(append(b, `,"by":{"role":`...), string(e.By.Role))
	if e.By.ID != "" {
		b = appendText(append(b, `,"id":`...), e.By.ID)
	}
	if e.By.Name != "" {
		b = appendText(append(b, `,"name":`...), e.By.Name)
	}
	b = append(b, '}')
	if e.Key != "" {
		b = appendText(append(b, `,"k":`...), string(e.Key))
	}
	b = appendText(append(b, `,"t":`...), string(e.Body.Kind()))
	b = append(append(b, `,"b":`...), body...)
	return append(b, '}'), nil
}

// appendText appends s as JSON.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// UnmarshalJSON reads the form at rest. A kind it does not know becomes Unknown, which folds to nothing, so that an older
// program can read a newer log.
func (e *Event) UnmarshalJSON(data []byte) error {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("decode event: %w", err)
	}
	body, err := DecodeBody(s.Kind, s.Body)
	if err != nil {
		return err
	}
	e.Seq, e.At, e.By, e.Key, e.Body = s.Seq, time.UnixMicro(s.At).UTC(), s.By, s.Key, body
	return nil
}

// DecodeBody makes a body of kind k from its JSON. Unknown kinds are kept as they are.
func DecodeBody(k Kind, data []byte) (Body, error) {
	make, ok := kinds[k]
	if !ok {
		return &Unknown{Name: k, Raw: append(json.RawMessage(nil), data...)}, nil
	}
	b := make()
	if err := json.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("decode %s event: %w", k, err)
	}
	return b, nil
}

// Unknown is an event of a kind this program does not know. It keeps its bytes and changes nothing.
type Unknown struct {
	Name Kind
	Raw  json.RawMessage
}

// Kind returns the name it was stored under.
func (u *Unknown) Kind() Kind { return u.Name }

// Apply changes nothing.
func (u *Unknown) Apply(*Conversation, *Event) {}

// MarshalJSON gives back the bytes it came with; null where there were none.
func (u *Unknown) MarshalJSON() ([]byte, error) {
	if len(u.Raw) == 0 {
		return []byte("null"), nil
	}
	return u.Raw, nil
}

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewConversationID mints an id: 48 bits of milliseconds, then 80 bits of chance.
func NewConversationID(now time.Time) ConversationID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	rand.Read(b[6:])
	return ConversationID(idEncoding.EncodeToString(b[:]))
}

// Valid reports whether id has the form that NewConversationID gives. A foreign string never reaches the store.
func (id ConversationID) Valid() bool {
	if len(id) != 26 {
		return false
	}
	return strings.Trim(string(id), "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// Reference is the short form of an id that a customer can read out over the telephone: eight characters in two groups.
// It names a conversation among a company's, not for ever: the last eight characters are all chance (40 bits).
func (id ConversationID) Reference() string {
	s := strings.ToUpper(string(id))
	if len(s) < 8 {
		return s
	}
	return s[len(s)-8:len(s)-4] + "-" + s[len(s)-4:]
}
