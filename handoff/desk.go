package handoff

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"
	"unicode"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// MaxText bounds what an agent writes in one message or note, in characters.
const MaxText = 8000

// Log is what the desk asks of the mail room.
type Log interface {
	Commit(ctx context.Context, a relay.Append) (relay.Appended, error)
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error)
	Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error)
	Signal(s relay.Signal)
	Hint(conv chat.ConversationID)
}

// Lists is what the desk asks of the engine's indexes.
type Lists interface {
	List(ctx context.Context, prefix, after string, backward bool, each func(key string, c chat.Conversation) (more bool)) error
}

// Desk gives conversations to people and back.
type Desk struct {
	log      Log
	lists    Lists
	people   People
	presence Presences
	now      func() time.Time
	waits    waits

	started  time.Time // since when signs of life could be heard
	settings Settings

	mu    sync.Mutex
	beats map[string]*heartbeat
}

// New makes a desk. now may be nil for the real clock.
func New(log Log, lists Lists, people People, presence Presences, s Settings, now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	return &Desk{log: log, lists: lists, people: people, presence: presence, settings: s, now: now, started: now(), beats: map[string]*heartbeat{}}
}

// Settings returns the desk's settings.
func (d *Desk) Settings() Settings { return d.settings }

// Lease is how long an agent may be silent before their conversations go back to the queue.
func (d *Desk) Lease() time.Duration { return d.settings.lease() }

// HeldError is the Conflict of a claim that came too late: it says who has the conversation.
type HeldError struct{ Holder chat.Party }

// Error says so in words.
func (e *HeldError) Error() string { return "conversation is held by " + e.Holder.Name }

func party(p Person) chat.Party { return chat.Party{Role: chat.RoleAgent, ID: p.ID, Name: p.Name} }

func held(c chat.Conversation) error {
	h := &HeldError{Holder: chat.Party{Role: c.Owner.Role, ID: c.Owner.Agent, Name: c.Owner.Name}}
	switch c.Owner.Role {
	case chat.RoleAgent:
		return fault.Wrap(fault.Conflict, c.Owner.Name+" has this conversation.", h)
	case chat.RoleNobody:
		return fault.Wrap(fault.Conflict, "This conversation is over.", h)
	}
	return fault.Wrap(fault.Conflict, "This conversation is not yours. Take it first.", h)
}

// Claim gives the conversation to p: exactly one of many claims succeeds, because claiming is a conditional append. Claiming
// what one has already is not an error. A conversation of a colleague, or one that is over, is a fault.Conflict that wraps a HeldError.
func (d *Desk) Claim(ctx context.Context, p Person, conv chat.ConversationID) (chat.Conversation, error) {
	if err := d.here(ctx, p); err != nil {
		return chat.Conversation{}, err
	}
	for range 20 {
		c, err := d.log.Conversation(ctx, conv)
		if err != nil {
			return c, err
		}
		if c.Owner.Role == chat.RoleAgent && c.Owner.Agent == p.ID {
			return c, nil
		}
		if c.Owner.Role != chat.RoleQueue && c.Owner.Role != chat.RoleBot {
			return c, held(c)
		}
		done, err := d.log.Commit(ctx, d.give(c, p, chat.ReasonAssigned, party(p), ""))
		if err == nil {
			d.claimed(c)
			return done.State, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return c, err
		}
	}
	return chat.Conversation{}, fault.New(fault.Unavailable, "The conversation keeps changing. Please try again.")
}

// give is the append that hands a conversation to an agent and starts their lease.
func (d *Desk) give(c chat.Conversation, to Person, why chat.Reason, by chat.Party, note string) relay.Append {
	set := d.Settings()
	a := relay.Append{Conv: c.ID, At: c.Head,
		Drafts: []chat.Draft{{By: by, Body: &chat.OwnerChanged{To: chat.RoleAgent, Agent: to.ID, Name: to.Name, Reason: why, Note: note}}},
		Leave:  []relay.Leave{{Worker: relay.WorkerHandoff, Name: timerLease, Due: d.now().Add(set.lease())}},
	}
	if by.ID != to.ID && set.Offer > 0 {
		a.Leave = append(a.Leave, relay.Leave{Worker: relay.WorkerHandoff, Name: timerOffer, Due: d.now().Add(set.Offer)})
	}
	return a
}

// claimed learns how long that customer waited.
func (d *Desk) claimed(c chat.Conversation) {
	if c.Owner.Role == chat.RoleQueue && !c.WaitingSince.IsZero() {
		d.waits.add(d.now().Sub(c.WaitingSince))
	}
}

// mine does one conditional write in a conversation that p has. lease, if given, must be that of the present claim.
func (d *Desk) mine(ctx context.Context, p Person, conv chat.ConversationID, lease string, write func(c chat.Conversation) relay.Append) (relay.Appended, error) {
	if err := d.Beat(ctx, p, ""); err != nil {
		return relay.Appended{}, err
	}
	for range 20 {
		c, err := d.Holds(ctx, p, conv, lease)
		if err != nil {
			return relay.Appended{}, err
		}
		a := write(c)
		a.Conv, a.At = conv, c.Head
		done, err := d.log.Commit(ctx, a)
		if err == nil || !fault.Is(err, fault.Conflict) {
			return done, err
		}
	}
	return relay.Appended{}, fault.New(fault.Unavailable, "The conversation keeps changing. Please try again.")
}

// clean bounds and tidies what an agent typed: pasted text brings invisible characters along.
func clean(text string) (string, error) {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
	if text == "" {
		return "", fault.New(fault.Invalid, "There is nothing in it.")
	}
	if len([]rune(text)) > MaxText {
		return "", fault.Newf(fault.TooLong, "At most %d characters, please.", MaxText)
	}
	return text, nil
}

func key(p Person, k chat.Key) chat.Key {
	if k == "" {
		return ""
	}
	return chat.Key("a:" + p.ID + ":" + string(k))
}

// Say sends the customer a message of p, who must have the conversation. Repeating it with the same key sends it once, even
// when the conversation has moved on since.
func (d *Desk) Say(ctx context.Context, p Person, conv chat.ConversationID, k chat.Key, text, lease string) (chat.Seq, error) {
	text, err := clean(text)
	if err != nil {
		return 0, err
	}
	draft := chat.Draft{By: party(p), Key: key(p, k), Body: &chat.Message{Text: text}}
	if e, known, err := d.log.Keyed(ctx, conv, draft.Key); err != nil || known {
		return e.Seq, cmp.Or(err, sameText(e, text))
	}
	done, err := d.mine(ctx, p, conv, lease, func(chat.Conversation) relay.Append {
		return relay.Append{Drafts: []chat.Draft{draft}}
	})
	if err != nil {
		return 0, err
	}
	return done.Events[0].Seq, nil
}

// sameText tells a retry from another message under the same key.
func sameText(e chat.Event, text string) error {
	if m, ok := e.Body.(*chat.Message); ok && m.Text == text {
		return nil
	}
	return fault.New(fault.IDConflict, "This key was already used for something else.")
}

// Note keeps a word for colleagues. Anybody at the desk may, whoever has the conversation; the customer never sees it.
func (d *Desk) Note(ctx context.Context, p Person, conv chat.ConversationID, k chat.Key, text string) (chat.Seq, error) {
	text, err := clean(text)
	if err != nil {
		return 0, err
	}
	return d.add(ctx, p, conv, k, &chat.Note{Text: text})
}

// Mark keeps p's verdict on a line of the bot: "correct" or "wrong".
func (d *Desk) Mark(ctx context.Context, p Person, conv chat.ConversationID, seq chat.Seq, verdict string) (chat.Seq, error) {
	if verdict != "correct" && verdict != "wrong" {
		return 0, fault.New(fault.Invalid, "A verdict is correct or wrong.")
	}
	evs, err := d.log.Read(ctx, conv, seq-1, 1)
	if err != nil {
		return 0, err
	}
	if seq == 0 || len(evs) == 0 || evs[0].By.Role != chat.RoleBot {
		return 0, fault.New(fault.NotFound, "That is not a line of the bot.")
	}
	return d.add(ctx, p, conv, "", &chat.Mark{Seq: seq, Verdict: verdict})
}

func (d *Desk) add(ctx context.Context, p Person, conv chat.ConversationID, k chat.Key, b chat.Body) (chat.Seq, error) {
	if _, err := d.log.Conversation(ctx, conv); err != nil {
		return 0, err
	}
	done, err := d.log.Commit(ctx, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{{By: party(p), Key: key(p, k), Body: b}}})
	if err != nil {
		return 0, err
	}
	return done.Events[0].Seq, nil
}

// Transfer gives the conversation on: to a team's queue, or straight to a colleague who is there. The customer keeps the place.
func (d *Desk) Transfer(ctx context.Context, p Person, conv chat.ConversationID, team, agent, note, lease string) (chat.Conversation, error) {
	var to Person
	switch {
	case agent != "" && team == "":
		var err error
		if to, err = d.present(ctx, agent); err != nil {
			return chat.Conversation{}, err
		}
	case team == "" || agent != "":
		return chat.Conversation{}, fault.New(fault.Invalid, "Say to which team or to which colleague.")
	case !d.hasTeam(team):
		return chat.Conversation{}, fault.Newf(fault.NotFound, "There is no team %s.", team)
	}
	done, err := d.mine(ctx, p, conv, lease, func(c chat.Conversation) relay.Append {
		if agent != "" {
			return d.give(c, to, chat.ReasonTransferred, party(p), note)
		}
		return relay.Append{Drafts: []chat.Draft{{By: party(p), Body: &chat.OwnerChanged{To: chat.RoleQueue, Team: team, Reason: chat.ReasonTransferred, Note: note}}}}
	})
	return done.State, err
}

func (d *Desk) hasTeam(id string) bool {
	for _, t := range d.Settings().Teams {
		if t.ID == id {
			return true
		}
	}
	return false
}

// Return gives the next word back to the bot.
func (d *Desk) Return(ctx context.Context, p Person, conv chat.ConversationID, note, lease string) (chat.Conversation, error) {
	done, err := d.mine(ctx, p, conv, lease, func(chat.Conversation) relay.Append {
		return relay.Append{Drafts: []chat.Draft{{By: party(p), Body: &chat.OwnerChanged{To: chat.RoleBot, Reason: chat.ReasonReturned, Note: note}}}}
	})
	return done.State, err
}

// Close ends the conversation with a wrap-up code.
func (d *Desk) Close(ctx context.Context, p Person, conv chat.ConversationID, code, note, lease string) (chat.Conversation, error) {
	if err := d.codeKnown(code); err != nil {
		return chat.Conversation{}, err
	}
	done, err := d.mine(ctx, p, conv, lease, func(chat.Conversation) relay.Append {
		return relay.Append{Drafts: []chat.Draft{{By: party(p), Body: &chat.Closed{Code: code, Note: note}}}}
	})
	return done.State, err
}

func (d *Desk) codeKnown(code string) error {
	var ids []string
	for _, c := range d.Settings().Codes {
		if c.ID == code {
			return nil
		}
		ids = append(ids, c.ID)
	}
	return fault.Newf(fault.Invalid, "Say how it ended: one of %s.", strings.Join(ids, ", "))
}

// Holds returns the conversation if p has it; lease, if given, must be that of the present claim. Else it is a fault.Conflict.
func (d *Desk) Holds(ctx context.Context, p Person, conv chat.ConversationID, lease string) (chat.Conversation, error) {
	c, err := d.log.Conversation(ctx, conv)
	if err != nil {
		return c, err
	}
	if c.Owner.Role != chat.RoleAgent || c.Owner.Agent != p.ID {
		return c, held(c)
	}
	if lease != "" && lease != c.Lease() {
		return c, fault.New(fault.Conflict, "This is from an earlier claim. Open the conversation again.")
	}
	return c, nil
}
